//! What is wrong with the arguments, in Vietnamese: a sentence for each kind of error that the parser tells apart.

use std::net::{AddrParseError, IpAddr, SocketAddr};
use std::num::{ParseFloatError, ParseIntError};

use clap::Error;
use clap::error::{ContextKind, ContextValue, ErrorKind};

/// Words of the parser in a rendered help or usage, and ours.
const WORDS: [(&str, &str); 6] = [
    ("[OPTIONS]", "[TÙY CHỌN]"),
    ("[default: ", "[mặc định: "),
    ("[env: ", "[biến môi trường: "),
    ("[possible values: ", "[giá trị: "),
    ("[aliases: ", "[tên khác: "),
    ("Usage: ", "Cách dùng: "),
];

/// The help, or what is wrong and how the command is used.
pub(super) fn vietnamese(error: &Error) -> String {
    let ours = |text: String| WORDS.iter().fold(text, |text, (theirs, ours)| text.replace(theirs, ours));
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::DisplayVersion => {
            ours(error.render().to_string())
        }
        kind => {
            let usage = match error.get(ContextKind::Usage) {
                Some(ContextValue::StyledStr(usage)) => format!("\n\n{}", ours(usage.to_string()).trim_end()),
                _ => String::new(),
            };
            format!("lỗi: {}{usage}\n\nXem thêm bằng --help.", sentence(error, kind))
        }
    }
}

fn sentence(error: &Error, kind: ErrorKind) -> String {
    let text = |kind| error.get(kind).map(all).unwrap_or_default();
    let (argument, value) = (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue));
    match kind {
        ErrorKind::InvalidSubcommand => format!("không có lệnh “{}”", text(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingSubcommand => format!("cần một lệnh con: {}", text(ContextKind::ValidSubcommand)),
        ErrorKind::UnknownArgument if argument.starts_with('-') => format!("không có tùy chọn “{argument}”"),
        ErrorKind::UnknownArgument => format!("thừa tham số “{argument}”"),
        ErrorKind::MissingRequiredArgument => format!("thiếu: {argument}"),
        ErrorKind::ArgumentConflict => match text(ContextKind::PriorArg) {
            prior if prior.is_empty() || prior == argument => format!("“{argument}” chỉ được dùng một lần"),
            prior => format!("“{argument}” không dùng chung được với “{prior}”"),
        },
        ErrorKind::NoEquals => format!("giá trị của “{argument}” phải viết sau dấu ="),
        ErrorKind::InvalidValue if value.is_empty() => format!("thiếu giá trị cho “{argument}”"),
        ErrorKind::InvalidValue => format!("giá trị “{value}” của “{argument}” phải là một trong: {}", text(ContextKind::ValidValue)),
        ErrorKind::ValueValidation => format!("giá trị “{value}” của “{argument}” không dùng được{}", reason(error)),
        ErrorKind::TooManyValues => format!("thừa giá trị “{value}” cho “{argument}”"),
        ErrorKind::TooFewValues => format!("“{argument}” cần ít nhất {} giá trị", text(ContextKind::MinValues)),
        ErrorKind::WrongNumberOfValues => format!("“{argument}” cần đúng {} giá trị", text(ContextKind::ExpectedNumValues)),
        ErrorKind::InvalidUtf8 => "tham số không phải là văn bản UTF-8".to_owned(),
        _ => "không đọc được dòng lệnh".to_owned(),
    }
}

/// A value of an error's context as people read it.
fn all(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Why a value does not do. Our own readers say it in Vietnamese; those of the libraries are told apart by their kind.
fn reason(error: &Error) -> String {
    let Some(source) = std::error::Error::source(error) else { return String::new() };
    let said = source.to_string();
    let ours = if let Some((_, range)) = said.split_once(" is not in ") {
        format!("phải nằm trong khoảng {range}")
    } else if source.is::<ParseIntError>() || is_number(&said) {
        "phải là số nguyên".to_owned()
    } else if source.is::<ParseFloatError>() {
        "phải là số".to_owned()
    } else if source.is::<uuid::Error>() {
        "phải là UUID".to_owned()
    } else if source.is::<AddrParseError>() {
        let address = "".parse::<SocketAddr>().is_err_and(|known| known.to_string() == said);
        let ip = "".parse::<IpAddr>().is_err_and(|known| known.to_string() == said);
        match (address, ip) {
            (true, _) => "phải là ĐỊA_CHỈ_IP:CỔNG, như 127.0.0.1:8080".to_owned(),
            _ => "phải là địa chỉ IP".to_owned(),
        }
    } else {
        said
    };
    format!(": {ours}")
}

/// Whether a reader of whole numbers with bounds says so: it hides the error's kind behind its text.
fn is_number(said: &str) -> bool {
    ["", "x", "9999999999999999999999"].iter().any(|text| text.parse::<i64>().is_err_and(|known| known.to_string() == said))
}
