//! Units, waves, and the way of a run to publication.

use super::Texts;

pub(super) const TEXTS: &[Texts] = &[
    Texts { path: "units", about: "Thêm và liệt kê đơn vị: tỉnh, xã, cơ quan", arguments: &[] },
    Texts {
        path: "units add",
        about: "Thêm đơn vị của mình, và đơn vị đã có nay ra sao. Không ghi đè gì: ấn bản giữ tên lúc được công bố",
        arguments: &[("file", "`list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to`")],
    },
    Texts {
        path: "units list",
        about: "Liệt kê đơn vị",
        arguments: &[
            ("list", "Của danh mục này, như vn-34"),
            ("kind", "Thuộc loại này: country, province, district, commune, village hoặc agency"),
            ("json", "Dạng JSON"),
        ],
    },
    Texts {
        path: "wave", about: "Mở, đóng và xem các đợt; nạp thiết kế mẫu của đợt", arguments: &[("code", "Mã của đợt")]
    },
    Texts {
        path: "wave put",
        about: "Mở một đợt, hoặc đổi lời và ngày của đợt đang mở",
        arguments: &[
            ("code", "Mã của đợt, không bao giờ đổi: chữ thường, chữ số, dấu chấm và gạch nối"),
            ("file", "Đợt dạng JSON, như API nhận: survey, title, mode, frame, `unit_list`, `opens_at`, design"),
        ],
    },
    Texts {
        path: "wave close",
        about: "Đóng một đợt, ngay hoặc vào một thời điểm. Phiếu trả lời trước lúc đóng mà đến sau được giữ riêng",
        arguments: &[("at", "Thời điểm, kèm múi giờ: 2025-09-30T17:00:00+07:00")],
    },
    Texts {
        path: "wave design",
        about: "Nạp các cụm (PSU) và danh sách mẫu. Dòng đã có được bỏ qua",
        arguments: &[
            ("psus", "Các cụm đã rút: `psu,stratum[,fpc][,area][,weight]`"),
            ("respondents", "Những người có trong danh sách: `respondent[,psu],weight`"),
        ],
    },
    Texts { path: "wave list", about: "Liệt kê các đợt, đợt mở sau cùng đứng đầu", arguments: &[] },
    Texts { path: "wave show", about: "Xem một đợt", arguments: &[] },
    Texts {
        path: "runs",
        about: "Liệt kê các lần tính, lần mới nhất đứng đầu",
        arguments: &[
            ("wave", "Của đợt này"),
            ("state", "Ở trạng thái này: queued, running, cancelled, failed, draft, submitted, approved, published hoặc withdrawn"),
            ("limit", "Nhiều nhất chừng này"),
        ],
    },
    Texts { path: "submit", about: "Trình một bản thảo để duyệt", arguments: &[("run", "Mã của lần tính")] },
    Texts {
        path: "approve",
        about: "Duyệt lần tính do người khác trình: với tư cách người giữ khóa trong HAILONG_KEY, hoặc người vận hành máy",
        arguments: &[("run", "Mã của lần tính"), ("preview", "Từ nay cho các cơ quan xem điểm của chính mình, chưa được phổ biến")],
    },
    Texts {
        path: "return",
        about: "Trả lại lần tính đã trình cho người tính, kèm lý do",
        arguments: &[("run", "Mã của lần tính"), ("reason", "Lý do, cho người tính đọc")],
    },
    Texts {
        path: "publish",
        about: "Công bố một lần tính đã duyệt dưới mã ấn bản, mã này phải được gõ vào",
        arguments: &[
            ("run", "Mã của lần tính"),
            ("edition", "Mã của ấn bản, gõ vào để xác nhận đúng số liệu này sẽ thành công khai. Không nêu: cho xem những gì sẽ công bố"),
        ],
    },
    Texts {
        path: "withdraw",
        about: "Rút một lần tính, và ấn bản của nó",
        arguments: &[("run", "Mã của lần tính"), ("reason", "Lý do, ai cũng đọc được")],
    },
    Texts { path: "cancel", about: "Hủy một lần tính chưa xong", arguments: &[("run", "Mã của lần tính")] },
];
