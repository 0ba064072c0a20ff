//! Definitions, responses, runs of surveys, weights.

use super::Texts;

pub(super) const TEXTS: &[Texts] = &[
    Texts {
        path: "check",
        about: "Kiểm tra các tệp định nghĩa; in mọi điều phát hiện kèm vị trí",
        arguments: &[
            (
                "files",
                "Phiếu hỏi, định nghĩa chỉ số, chỉ số tổng hợp, bộ quy tắc gắn cờ và, với --definition, bảng chỉ tiêu (.csv) và tệp yếu tố \
                 của phân tích độ nhạy. Chỉ số được kiểm tra cùng các phiếu hỏi nêu kèm",
            ),
            ("definition", "Chỉ số tổng hợp mà bảng chỉ tiêu và tệp yếu tố dùng cho"),
            ("against", "Phiên bản cũ của phiếu hỏi: nói phiên bản mới phá vỡ gì, thêm gì, chỉ sửa lời gì"),
        ],
    },
    Texts {
        path: "define",
        about: "Công bố phiếu hỏi, định nghĩa chỉ số và chỉ số tổng hợp",
        arguments: &[(
            "files",
            "Phiếu hỏi, định nghĩa chỉ số và chỉ số tổng hợp, theo thứ tự bất kỳ. Chỉ số đi với phiếu hỏi đã công bố hoặc nêu kèm",
        )],
    },
    Texts {
        path: "import",
        about: "Nhập phiếu trả lời từ tệp CSV hoặc XLSX",
        arguments: &[
            ("file", "Các câu trả lời: tệp CSV bất kỳ kiểu nào, hoặc XLSX; mỗi câu hỏi một cột mang mã của câu hỏi"),
            ("questionnaire", "Phiếu hỏi đã dùng"),
            ("index", "Chỉ số trên phiếu hỏi ấy, để công bố cùng"),
            ("wave", "Đợt khảo sát; được tạo nếu chưa có"),
            ("unit_list", "Danh mục đơn vị được đánh giá"),
            ("new_unit_list", "Lập danh mục từ các mã trong tệp, nếu chưa có"),
            ("map", "Các cột của tệp nghĩa là gì, khi không mang mã của câu hỏi: xem docs/import.md"),
            ("unit_column", "Cột có mã đơn vị được đánh giá; không nêu thì là `unit`"),
            ("id_column", "Cột phân biệt các phiếu"),
            ("respondent_column", "Cột có mã người trả lời trong danh sách mẫu"),
            ("psu_column", "Cột có mã cụm (PSU)"),
            ("time_column", "Cột có thời điểm trả lời xong"),
            ("started_column", "Cột có thời điểm bắt đầu trả lời"),
            ("device_column", "Cột có thiết bị: số hoặc tên khóa của nó"),
            (
                "batch",
                "Tên lô của các phiếu không có mã và không có người trả lời: nhập lại cùng một lô thì không thêm gì. Không nêu thì lô theo \
                 nội dung của tệp, và tệp khác là những người khác",
            ),
            ("correct", "Phiếu đã có mà nội dung khác thì thay bản trước"),
            ("check", "Kiểm tra tất cả mà không lưu gì"),
            ("mode", "Cách thu thập: `probability_sample` (nếu không nêu), `transaction_stream` hoặc `opt_in`"),
            ("customers", "Số khách hàng mà các đơn vị đã phục vụ, khi đợt không phải là mẫu xác suất"),
            ("invitations", "Số lời mời trả lời đã gửi"),
            ("chain_unknown", "Lý do không biết một trong hai số ấy"),
            ("psus", "Bảng thiết kế `psu,stratum[,fpc][,area][,weight]`"),
            ("respondents", "Danh sách mẫu `respondent[,psu],weight`"),
            ("simple_random_sample", "Mỗi phiếu là một đơn vị mẫu, mọi phiếu cùng trọng số"),
        ],
    },
    Texts {
        path: "flag",
        about: "Tìm những phiếu đáng ngờ của một đợt và gắn cờ; không sửa phiếu nào",
        arguments: &[("wave", "Mã của đợt"), ("rules", "Bộ quy tắc; không nêu thì dùng bộ đi kèm chương trình")],
    },
    Texts {
        path: "run",
        about: "Tính một chỉ số trên một đợt, hoặc một chỉ số tổng hợp từ các bảng và lần tính đã lưu, rồi in điểm",
        arguments: &[
            ("index", "Mã của chỉ số"),
            ("index_version", "Phiên bản của định nghĩa; với chỉ số tổng hợp là kỳ của nó"),
            ("wave", "Mã của đợt; chỉ số của một khảo sát cần có, chỉ số tổng hợp thì không"),
            ("as_of", "Chỉ những gì đã đến tính tới lúc này, RFC 3339: để tính lại điều đã biết vào một ngày"),
            ("preview", "Xem thử khi việc thu thập chưa xong, không bao giờ công bố"),
            ("parameters", "Một tham số của chỉ số, dạng TÊN=GIÁ_TRỊ"),
            ("since", "Một lần tính đã xong của cùng chỉ số, như của năm trước: mỗi điểm cho biết đã thay đổi thế nào"),
            ("without_flagged", "In thêm điểm khi bỏ các phiếu mà một lần gắn cờ đã đánh dấu (lần mới nhất, hoặc phiên bản được nêu)"),
            ("leave_out_flagged", "Tạo một lần tính bỏ các phiếu bị gắn cờ, để trình như vậy"),
            ("tables", "Số của một bảng chỉ tiêu. Giá trị ở bảng sau là bản sửa của bảng trước"),
            ("survey_runs", "Một lần tính đã xong cho những chỉ tiêu do khảo sát đo; kèm kỳ nhận giá trị nếu khác kỳ của định nghĩa"),
            ("level", "Độ tin cậy của các khoảng. Không nêu: 0.95"),
            ("method", "Phương pháp delta hoặc mẫu lặp, bất kể đường đi từ giá trị đến điểm"),
            ("replicates", "Số mẫu lặp khi cần, từ 100 đến 100.000. Không nêu: 1000"),
            ("factors", "Các lựa chọn cần thay đổi trong phân tích độ nhạy; kết quả thành một báo cáo của lần tính"),
        ],
    },
    Texts {
        path: "weight",
        about: "Lập trọng số theo kế hoạch: trọng số cơ sở, không trả lời, hiệu chỉnh, cắt ngọn; in các chỉ số chẩn đoán",
        arguments: &[
            (
                "plan",
                "Kế hoạch: dữ liệu, trọng số cơ sở và các bước theo thứ tự; tên tệp tính từ nơi có kế hoạch. Xem `docs/examples/weighting`",
            ),
            ("output", "Ghi dữ liệu kèm một cột trọng số sau mỗi bước, và `weight` cho bước cuối"),
            (
                "respondents",
                "Ghi danh sách mẫu `respondent[,psu],weight` của những người đã trả lời, như `hailong import --respondents` đọc",
            ),
            ("json", "In các chỉ số chẩn đoán ra JSON"),
        ],
    },
    Texts {
        path: "estimate",
        about: "Ước lượng số liệu cho một tệp trường hợp, mỗi trường hợp một dòng JSON",
        arguments: &[(
            "cases",
            "Các trường hợp theo khuôn dạng của `tests/golden/survey`: mỗi trường hợp nêu dữ liệu (tính từ nơi có tệp này), thiết kế và ước \
             lượng. Mỗi trường hợp in một dòng JSON theo thứ tự; trường hợp không trả lời được là dòng có `error`, và lệnh chỉ thất bại khi \
             chính tệp không đọc được",
        )],
    },
];
