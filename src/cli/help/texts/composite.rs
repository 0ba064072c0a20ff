//! Composite indices and their tables.

use super::Texts;

pub(super) const TEXTS: &[Texts] = &[
    Texts { path: "table", about: "Nạp, kiểm tra và xem bảng chỉ tiêu của chỉ số tổng hợp", arguments: &[] },
    Texts {
        path: "table load",
        about: "Lưu một bảng cho định nghĩa đã công bố. Bảng nhận một số và không bao giờ thay đổi",
        arguments: &[
            ("csv", "Bảng dạng CSV hoặc XLSX: mỗi giá trị một dòng, hoặc mỗi đơn vị một dòng và mỗi chỉ tiêu một cột"),
            ("index", "Mã của chỉ số tổng hợp"),
            ("index_version", "Phiên bản, cũng là kỳ, của chỉ số"),
            ("title", "Tên gọi của bảng, tối đa 200 chữ; không nêu thì lấy tên tệp"),
        ],
    },
    Texts {
        path: "table check",
        about: "Nói những gì phát hiện trong một bảng và không lưu gì",
        arguments: &[
            ("csv", "Bảng dạng CSV hoặc XLSX"),
            ("index", "Mã của một chỉ số tổng hợp đã công bố"),
            ("index_version", "Phiên bản, cũng là kỳ, của chỉ số"),
            ("definition", "Một định nghĩa chưa công bố"),
        ],
    },
    Texts {
        path: "table list",
        about: "Liệt kê các bảng, bảng nạp sau cùng đứng đầu",
        arguments: &[("index", "Chỉ các bảng của chỉ số này")],
    },
    Texts {
        path: "table show",
        about: "Xem các giá trị của một bảng",
        arguments: &[
            ("id", "Số của bảng"),
            ("unit", "Giá trị của đơn vị này"),
            ("indicator", "Giá trị của chỉ tiêu hoặc mẫu số này"),
            ("edition", "Giá trị của kỳ này"),
        ],
    },
    Texts {
        path: "index",
        about: "Tính một chỉ số tổng hợp từ bảng chỉ tiêu, hoặc xem một lần tính đã lưu: điểm, hạng, các bước, đóng góp",
        arguments: &[
            ("definition", "Định nghĩa của chỉ số tổng hợp"),
            ("data", "Bảng chỉ tiêu dạng CSV: mỗi giá trị một dòng, hoặc mỗi đơn vị một dòng và mỗi chỉ tiêu một cột"),
            (
                "run_id",
                "Thay cho các tệp: một lần tính đã xong của chỉ số tổng hợp đã lưu, xem lại với đúng dữ liệu khi ấy. Các khoảng được tính \
                 mới theo tùy chọn ở đây",
            ),
            (
                "runs",
                "Một lần tính do `hailong run --json` in ra, cho những chỉ tiêu do khảo sát đo; kèm kỳ nhận giá trị nếu khác kỳ của định nghĩa",
            ),
            ("panel", "Mọi kỳ của bảng, không chỉ kỳ của định nghĩa. Mốc của nhiều kỳ luôn lấy từ tất cả các kỳ"),
            ("edition", "Một kỳ khác trong bảng thay cho kỳ của định nghĩa"),
            ("unit", "Xem đầy đủ một đơn vị: từng chỉ tiêu từ giá trị đến phần đóng góp vào điểm"),
            ("public", "Những gì ai cũng được xem: ẩn số ít người trả lời, chỉ nêu các đơn vị đứng đầu khi định nghĩa quy định"),
            ("json", "In tất cả ra JSON, kèm bộ số liệu sau mỗi bước"),
            ("covariances", "Hiệp phương sai của các giá trị dạng CSV: `unit_a,indicator_a,unit_b,indicator_b,covariance[,edition]`"),
            ("method", "Phương pháp delta hoặc mẫu lặp, bất kể đường đi từ giá trị đến điểm"),
            ("level", "Độ tin cậy của các khoảng. Không nêu: 0.95"),
            ("replicates", "Số mẫu lặp; không nêu: 1000, hoặc theo tệp yếu tố"),
            ("seed", "Số gieo; cùng một số gieo thì cùng kết quả. Không nêu: 1"),
        ],
    },
    Texts {
        path: "index scores", about: "Điểm, hạng, các bước và đóng góp; cũng là phần được xem khi không nêu lệnh con", arguments: &[]
    },
    Texts {
        path: "index explain",
        about: "Giải thích điểm của một đơn vị: đóng góp, điểm bị mất và ai chịu trách nhiệm, khoảng cách tới đơn vị tốt nhất, thay đổi so với \
                kỳ trước có số liệu",
        arguments: &[
            ("unit", "Đơn vị"),
            (
                "target",
                "Cần gì để đạt mục tiêu, và xác suất đã đạt: rank:20 (hạng), score:69.5 (điểm), rise:5 (tăng bậc), gain:1.5 (tăng điểm)",
            ),
            ("before", "Định nghĩa của kỳ trước để so sánh, khi trọng số hoặc cây chỉ tiêu đã đổi; đọc cùng một bảng"),
            ("json", "In ra JSON"),
        ],
    },
    Texts {
        path: "index uncertainty",
        about: "Khoảng tin cậy của mọi điểm và hạng, từ sai số chuẩn trong bảng",
        arguments: &[("public", "Những gì ai cũng được xem: không có khoảng của số liệu bị ẩn"), ("json", "In ra JSON")],
    },
    Texts {
        path: "index sensitivity",
        about: "Khoảng hạng trên các lựa chọn trong tệp yếu tố, và phần của từng yếu tố trong độ phân tán",
        arguments: &[
            ("factors", "Tệp yếu tố: các lựa chọn cần thay đổi"),
            ("public", "Những gì ai cũng được xem: không có đơn vị bị ẩn điểm"),
            ("json", "In ra JSON"),
        ],
    },
    Texts {
        path: "index series",
        about: "Các kỳ trên một danh mục đơn vị (vn-64, vn-63, vn-34): đơn vị sáp nhập được dựng lại từ các phần",
        arguments: &[
            ("geography", "Danh mục đơn vị dùng để xem mọi kỳ"),
            ("weight", "Mẫu số dùng làm trọng số của các phần, như dân số. Không nêu: như nhau"),
            ("lists", "Danh mục mà một kỳ dùng, khi tên và đơn vị của kỳ không cho biết"),
            ("uncertainty", "Khoảng tin cậy của điểm, theo các tùy chọn dưới đây"),
            ("json", "In ra JSON"),
        ],
    },
    Texts {
        path: "index coherence",
        about: "Các phần của chỉ số gắn với nhau thế nào: thống kê của từng nút, alpha của Cronbach, tương quan với nút trên, trọng số thực tế",
        arguments: &[("json", "In ra JSON")],
    },
];
