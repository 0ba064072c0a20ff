//! The whole, and the commands that keep the house: server, database, keys.

use super::Texts;

pub(super) const TEXTS: &[Texts] = &[
    Texts {
        path: "",
        about: "Thu thập phiếu đánh giá mức độ hài lòng của người dân và tính chỉ số có trọng số kèm khoảng tin cậy trung thực",
        arguments: &[],
    },
    Texts {
        path: "demo",
        about: "Trình diễn toàn bộ hệ thống trên dữ liệu giả lập của 36.525 người trả lời, rồi mở máy chủ",
        arguments: &[
            ("once", "Thoát khi đã in điểm, không mở máy chủ"),
            ("listen", "Địa chỉ mở máy chủ"),
            ("seed", "Số gieo sinh người trả lời: cùng một số gieo thì cùng những người ấy"),
        ],
    },
    Texts {
        path: "serve",
        about: "Mở máy chủ HTTP API cho đến khi bị dừng",
        arguments: &[
            ("listen", "Địa chỉ mở máy chủ. Mã hóa đường truyền do máy chủ proxy phía trước lo"),
            ("workers", "Số luồng trả lời; 0: mỗi lõi một luồng"),
            ("connections", "Số kết nối tối đa mỗi luồng giữ"),
            ("drain", "Số giây `/readyz` báo 503 trước khi máy chủ ngừng nhận"),
            ("trusted_proxies", "Proxy được tin tiêu đề `X-Forwarded-For`; có thể nêu nhiều lần"),
            (
                "answers_per_minute",
                "Số phiếu mỗi phút về một đơn vị mà một địa chỉ được gửi không cần khóa; mạng của nó được gấp bốn, tất cả cộng lại gấp hai mươi",
            ),
            ("no_rate_limit", "Không giới hạn tần suất: chỉ để thử tải trên máy này"),
        ],
    },
    Texts { path: "migrate", about: "Nâng cơ sở dữ liệu lên cấu trúc mới nhất", arguments: &[] },
    Texts {
        path: "erase",
        about: "Ghi lại các tệp của cơ sở dữ liệu, bỏ hẳn những gì đã rút. Máy chủ tự làm việc này khi tệp không lớn",
        arguments: &[],
    },
    Texts { path: "key", about: "Tạo, liệt kê và thu hồi khóa API", arguments: &[] },
    Texts {
        path: "key create",
        about: "Tạo một khóa và cho xem đúng một lần. Hai khóa của một người vẫn là một người ở nơi cần hai người",
        arguments: &[
            ("name", "Tên gọi của khóa; với khóa có quyền quyết định, cũng là tên người giữ nếu không nêu ai"),
            ("role", "Vai trò: device, collector, agency, statistician, publisher, auditor hoặc admin"),
            ("unit", "Đơn vị mà khóa gắn với, kể cả mọi đơn vị trực thuộc: `DANH_MỤC:MÃ`"),
            ("person", "Khóa của ai"),
            ("days", "Dùng được bao nhiêu ngày; không nêu thì dùng đến khi thu hồi"),
        ],
    },
    Texts { path: "person", about: "Mời, liệt kê, ngừng quyền của người dùng; tự ghi danh", arguments: &[] },
    Texts {
        path: "person add",
        about: "Mời một người, hoặc đổi vai trò của họ; in mã mời để họ tự ghi danh, đúng một lần",
        arguments: &[
            ("name", "Tên gọi, cũng là tên đăng nhập"),
            ("roles", "Vai trò được đăng nhập: collector, agency, statistician, publisher, auditor hoặc admin; có thể nêu nhiều lần"),
            ("unit", "Đơn vị mà người đó gắn với, kể cả mọi đơn vị trực thuộc: `DANH_MỤC:MÃ`"),
        ],
    },
    Texts { path: "person list", about: "Liệt kê mọi người", arguments: &[] },
    Texts {
        path: "person disable",
        about: "Ngừng mọi quyền của một người: khóa và phiên đăng nhập hết hiệu lực",
        arguments: &[("name", "Tên người đó")],
    },
    Texts {
        path: "person enrol",
        about: "Ghi danh bằng mã mời: hỏi mã và mật khẩu, in điều ứng dụng xác thực cần",
        arguments: &[("name", "Tên của mình")],
    },
    Texts {
        path: "proposal", about: "Liệt kê, xác nhận, từ chối điều một người đề nghị: khóa, loại phiếu, bỏ cờ", arguments: &[]
    },
    Texts {
        path: "proposal list", about: "Liệt kê các đề nghị, mới nhất trước", arguments: &[("all", "Cả những đề nghị đã quyết định")]
    },
    Texts {
        path: "proposal confirm", about: "Xác nhận điều người khác đề nghị, và làm ngay", arguments: &[("id", "Số của đề nghị")]
    },
    Texts {
        path: "proposal reject",
        about: "Từ chối một đề nghị; người đề nghị có thể tự rút lại",
        arguments: &[("id", "Số của đề nghị")],
    },
    Texts { path: "key list", about: "Liệt kê các khóa; phần bí mật không được lưu", arguments: &[] },
    Texts { path: "key revoke", about: "Thu hồi một khóa", arguments: &[("id", "Số của khóa")] },
];
