//! Samples.

use super::Texts;

pub(super) const TEXTS: &[Texts] = &[
    Texts { path: "sample", about: "Lập kế hoạch và rút mẫu", arguments: &[] },
    Texts {
        path: "sample plan",
        about: "Phân bổ cỡ mẫu cho các tầng của khung mẫu; in nửa độ rộng khoảng tin cậy dự kiến",
        arguments: &[
            ("frame", "Khung mẫu: CSV, mỗi dòng một đơn vị hoặc một tầng"),
            ("by", "Cột có mã tầng"),
            ("size", "Cột có số người"),
            ("total", "Tổng số phiếu trả lời cần phân bổ"),
            ("half_width", "Nửa độ rộng mong muốn, tính bằng điểm; không có tổng thì mỗi tầng nhận đủ số cần"),
            ("rule", "Cách phân bổ: `equal`, `proportional`, `optimum`, `power:Q` hoặc `kish:I`"),
            ("spread", "Cột có độ phân tán trong tầng, cho `optimum` và `power`"),
            ("cost", "Cột có chi phí một phiếu, cho `optimum`"),
            ("minimum", "Số ít nhất mỗi tầng nhận"),
            ("maximum", "Số nhiều nhất mỗi tầng nhận"),
            ("share", "Tỷ lệ cần ước lượng, phần trăm"),
            ("sd", "Độ lệch chuẩn của điểm cần ước lượng, theo thang điểm, thay cho tỷ lệ"),
            ("deff", "Hệ số thiết kế do cụm và trọng số"),
            ("icc", "Hệ số tương quan nội cụm, thay cho hệ số thiết kế"),
            ("per_psu", "Số phiếu mỗi cụm, cho `--icc`"),
            ("level", "Độ tin cậy của các khoảng, phần trăm"),
            ("response", "Tỷ lệ trả lời trong số người được hỏi, phần trăm"),
            ("change", "Cho biết thêm cần bao nhiêu phiếu mỗi năm để thấy thay đổi ngần ấy điểm là có ý nghĩa"),
            ("power", "Lực kiểm định để thấy `--change`, phần trăm"),
            ("overlap", "Tỷ lệ cụm có trong cả hai năm, phần trăm"),
            ("correlation", "Tương quan giữa hai năm trong các cụm ấy"),
            ("json", "Một dòng JSON thay cho bảng; nửa độ rộng tính bằng điểm"),
        ],
    },
    Texts {
        path: "sample draw",
        about: "Rút mẫu từ khung theo kế hoạch; ghi mẫu, thiết kế, danh sách cho thực địa và biên bản",
        arguments: &[
            ("frame", "Khung mẫu: CSV hoặc XLSX, mỗi dòng một đơn vị nhỏ nhất có trong danh sách"),
            ("plan", "Kế hoạch: JSON nêu rút gì ở mỗi giai đoạn (`docs/examples/sampling`)"),
            ("seed", "Số gieo; tốt nhất là số không ai chọn được, như kết quả xổ số của một ngày định trước"),
            ("out", "Thư mục kết quả; được tạo nếu chưa có"),
            ("force", "Ghi đè kết quả của lần rút trước"),
        ],
    },
];
