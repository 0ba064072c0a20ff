//! Everything that can go wrong, on one page: code ↔ status ↔ title ↔ meaning.

macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident $status:literal $code:literal $vi:literal $en:literal;)+) => {
        /// What went wrong, as a stable name for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $meaning])+ $name,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The name on the wire, kebab-case.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status it always comes with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The title: Vietnamese, English.
            #[must_use]
            pub fn title(self) -> (&'static str, &'static str) {
                match self { $(Self::$name => ($vi, $en),)+ }
            }

            /// What it means and what to do about it, in English, for the documentation.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => concat!($($meaning),+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON; `detail` says at which line and column it stops being so.
    JsonInvalid 400 "json-invalid" "Nội dung không phải JSON hợp lệ" "The body is not valid JSON";
    /// A query parameter is unknown, repeated, or has a value that it cannot have.
    QueryInvalid 400 "query-invalid" "Tham số truy vấn không hợp lệ" "A query parameter is not valid";
    /// The cursor was not handed out by this resource. Start again without one.
    CursorInvalid 400 "cursor-invalid" "Con trỏ trang không hợp lệ" "The cursor is not valid";
    /// A key was sent in the query string, where proxies log it. Revoke that key; send keys in `Authorization` only.
    SecretInQuery 400 "secret-in-query" "Không gửi khóa bí mật trên địa chỉ URL" "Secrets do not belong in the URL";
    /// No key, or one that is malformed, unknown or revoked: the answer is the same for all.
    Unauthenticated 401 "unauthenticated" "Cần khóa truy cập hợp lệ" "A valid key is needed";
    /// The key is valid, and its role may not do this.
    Forbidden 403 "forbidden" "Vai trò này không được phép" "This role may not do that";
    /// The key is bound to a unit, and this concerns another.
    UnitForbidden 403 "unit-forbidden" "Khóa này không dùng cho đơn vị đó" "This key is not for that unit";
    /// The wave takes answers by link only with an invitation. An office that has the dossier makes one.
    InvitationNeeded 403 "invitation-needed" "Cần thư mời để trả lời" "An invitation is needed";
    /// The answer would give away figures that the definition keeps from the public: `detail` says which.
    FiguresHidden 403 "figures-hidden" "Có số liệu không được công khai" "Some of the figures are not public";
    /// Whoever made or submitted a run cannot approve or publish it, nor anyone confirm what they proposed: a second person must.
    SamePerson 403 "same-person" "Phải do người thứ hai duyệt" "A second person must approve";
    /// A form came from a page of another site, or does not say from which. Nothing was done; open the page here and send it again.
    CrossSite 403 "cross-site" "Biểu mẫu không được gửi từ trang này" "The form does not come from this site";
    /// Name, password, one-time code or code of enrolment is wrong, or too many failures came before: the answer is the same for all.
    LoginRefused 403 "login-refused" "Không đăng nhập được" "The login is refused";
    /// There is nothing at this address, or nothing that this caller may know of.
    NotFound 404 "not-found" "Không tìm thấy" "Not found";
    /// No such invitation is valid for this wave and unit now: it is unknown, has expired, or is for another wave or unit. Nothing was stored.
    InvitationInvalid 404 "invitation-invalid" "Thư mời không hợp lệ" "The invitation is not valid";
    /// The response names a survey version that was never published here.
    SchemaVersionUnknown 404 "schema-version-unknown" "Không có phiên bản phiếu hỏi này" "The survey version is unknown";
    /// The response or run names a wave that does not exist.
    WaveUnknown 404 "wave-unknown" "Không có đợt khảo sát này" "The wave is unknown";
    /// The address exists, and not for this method: `Allow` lists those it has.
    MethodNotAllowed 405 "method-not-allowed" "Địa chỉ này không nhận phương thức đó" "The method is not allowed here";
    /// The body did not arrive in time. Nothing was stored; send it again.
    RequestTimeout 408 "request-timeout" "Nhận nội dung quá lâu" "The body took too long to arrive";
    /// Another body is stored under this id. `stored_sha256`, its hash, is told to the key that sent it, and to nobody else.
    ResponseConflict 409 "response-conflict" "Mã phiếu đã dùng cho nội dung khác" "The id holds another response";
    /// The invitation was used for another response: each is for one. Nothing was stored.
    InvitationUsed 409 "invitation-used" "Thư mời đã được dùng" "The invitation was used already";
    /// The wave is closed. With `kept: true` the response was answered before the close and waits in quarantine: do not send it again.
    CollectionClosed 409 "collection-closed" "Đợt khảo sát đã đóng" "The collection is closed";
    /// The wave does not take answers yet.
    CollectionNotOpen 409 "collection-not-open" "Đợt khảo sát chưa mở" "The collection is not open yet";
    /// The version is published with another content: published versions never change. Publish a new version.
    VersionImmutable 409 "version-immutable" "Phiên bản đã công bố không thể đổi" "A published version cannot change";
    /// Something with this name exists and is different.
    AlreadyExists 409 "already-exists" "Tên đã dùng cho nội dung khác" "It exists already and is different";
    /// The thing's present state does not allow the step.
    WrongState 409 "wrong-state" "Trạng thái hiện tại không cho phép" "Its state does not allow that";
    /// The run was computed before it was settled which of its figures may be published. Compute it again.
    NotSettled 409 "not-settled" "Chưa xác định số liệu nào được công bố" "It is not settled what may be published";
    /// Agencies see another run of the same index and wave ahead of publication: the difference of the two would tell who came between. Publish that
    /// one or take it back, and compute this one anew.
    PreviewOpen 409 "preview-open" "Đang có bản xem trước khác" "Another preview is open";
    /// A composite index scores units against each other by values that are hidden for what they tell of people. Give the indicator fixed goalposts,
    /// and compute it again.
    NormalisationTells 409 "normalisation-tells" "Cách chuẩn hóa làm lộ số liệu bị ẩn" "The normalisation tells hidden figures";
    /// Another index, version or choice of parameters was shown of the same answers, and something of either is hidden: together they would tell it.
    OtherFiguresTell 409 "other-figures-tell" "Số liệu khác của cùng các câu trả lời sẽ làm lộ" "Other figures of the same answers would tell";
    /// The response was withdrawn. Its id is never used again.
    ResponseWithdrawn 410 "response-withdrawn" "Phiếu đã được rút" "The response was withdrawn";
    /// Somebody changed the thing since its `ETag` was read. Read it again.
    PreconditionFailed 412 "precondition-failed" "Dữ liệu đã bị đổi từ lần đọc trước" "It has changed since it was read";
    /// The body is larger than this address takes.
    BodyTooLarge 413 "body-too-large" "Nội dung quá lớn" "The body is too large";
    /// The body's type is not the one that this address takes.
    MediaTypeUnsupported 415 "media-type-unsupported" "Không nhận kiểu nội dung này" "The media type is not supported";
    /// Compressed bodies are not taken.
    EncodingUnsupported 415 "encoding-unsupported" "Không nhận nội dung nén" "Compressed bodies are not supported";
    /// The response breaks the questionnaire or the wave's design: `errors` has every finding. Nothing was stored.
    AnswersInvalid 422 "answers-invalid" "Câu trả lời không hợp lệ" "The answers are not valid";
    /// The body is JSON of the wrong shape, or a value is outside its bounds.
    BodyInvalid 422 "body-invalid" "Nội dung không đúng yêu cầu" "The body is not as it must be";
    /// The questionnaire or index definition has errors: `errors` has every finding.
    DefinitionInvalid 422 "definition-invalid" "Định nghĩa có lỗi" "The definition has errors";
    /// The design table or the sample list has errors, or contradicts what the wave has.
    DesignInvalid 422 "design-invalid" "Thiết kế mẫu có lỗi" "The sampling design has errors";
    /// The unit list has errors.
    UnitsInvalid 422 "units-invalid" "Danh sách đơn vị có lỗi" "The unit list has errors";
    /// The indicator table has errors, or its index takes none: `errors` has every finding.
    IndicatorsInvalid 422 "indicators-invalid" "Bảng chỉ tiêu có lỗi" "The indicator table has errors";
    /// The file of records, or what is said of its columns, has errors: nothing was stored.
    RecordsInvalid 422 "records-invalid" "Tệp phiếu có lỗi" "The file of records has errors";
    /// The scores cannot be shown on that list of units: `errors` has every reason.
    CannotRebuild 422 "cannot-rebuild" "Không lập được chuỗi trên danh mục này" "There is no series on that list";
    /// A change of this thing needs `If-Match` with the `ETag` that was read.
    PreconditionRequired 428 "precondition-required" "Cần tiêu đề If-Match" "If-Match is needed";
    /// Too many requests. Wait as long as `Retry-After` says.
    RateLimited 429 "rate-limited" "Quá nhiều yêu cầu" "Too many requests";
    /// An error that nobody foresaw. The log has it under `request_id`.
    Internal 500 "internal" "Lỗi máy chủ" "Server error";
    /// The queue of responses is full. Nothing was stored; send it again after `Retry-After`.
    Overloaded 503 "overloaded" "Máy chủ đang quá tải" "The server is overloaded";
    /// The disk is full. Nothing was stored; send it again after `Retry-After`.
    StorageFull 503 "storage-full" "Máy chủ hết chỗ lưu" "The storage is full";
    /// The database cannot be reached, or the server is stopping. Send it again after `Retry-After`.
    Unavailable 503 "unavailable" "Dịch vụ tạm ngừng" "Temporarily unavailable";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_unique_and_an_error() {
        let names: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!((400..600).contains(&code.status()), "{code:?}");
            assert!(code.as_str().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code:?}");
            assert!(!code.meaning().is_empty());
        }
    }

    #[test]
    fn the_statuses_are_ascending_so_that_the_page_can_be_scanned() {
        assert!(Code::ALL.is_sorted_by_key(|code| code.status()));
    }
}
