//! English names of Vietnamese places, by rule.

/// The types of unit as names begin with them, and what an English name ends in.
const TYPES: [(&str, &str); 9] = [
    ("Tỉnh ", "Province"),
    ("Thành phố ", "City"),
    ("Quận ", "District"),
    ("Huyện ", "District"),
    ("Thị xã ", "Town"),
    ("Thị trấn ", "Township"),
    ("Phường ", "Ward"),
    ("Xã ", "Commune"),
    ("Đặc khu ", "Special Zone"),
];

/// The English name of a place: its Vietnamese name without marks, the type of unit behind it.
///
/// A number stays behind the type: "Quận 1" is "District 1". A name that begins with no known type only loses
/// its marks.
///
/// ```
/// use hailong::unit::english_name;
/// assert_eq!(english_name("Thành phố Đà Nẵng"), "Da Nang City");
/// assert_eq!(english_name("Phường 14"), "Ward 14");
/// assert_eq!(english_name("Việt Nam"), "Viet Nam");
/// ```
#[must_use]
pub fn english_name(name_vi: &str) -> String {
    let typed = TYPES.iter().find_map(|(vi, en)| name_vi.strip_prefix(vi).map(|rest| (rest, en)));
    let (rest, kind) = match typed {
        Some((number, kind)) if number.bytes().all(|b| b.is_ascii_digit()) => {
            return format!("{kind} {number}");
        }
        Some((rest, kind)) => (rest, Some(kind)),
        None => (name_vi, None),
    };
    let mut name = String::with_capacity(name_vi.len() + 4);
    name.extend(rest.chars().filter(|&c| !is_combining(c)).map(without_marks));
    if let Some(kind) = kind {
        name.push(' ');
        name.push_str(kind);
    }
    name
}

/// A name as people search for it: in small letters, without marks.
///
/// ```
/// use hailong::unit::plain_name;
/// assert_eq!(plain_name("Đà Nẵng"), "da nang");
/// ```
#[must_use]
pub fn plain_name(name: &str) -> String {
    name.chars().filter(|&c| !is_combining(c)).map(without_marks).flat_map(char::to_lowercase).collect()
}

/// A letter of the Vietnamese alphabet (precomposed) as the plain Latin letter under its marks.
fn without_marks(c: char) -> char {
    match c {
        'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ' | 'ậ' => {
            'a'
        }
        'À' | 'Á' | 'Ả' | 'Ã' | 'Ạ' | 'Ă' | 'Ằ' | 'Ắ' | 'Ẳ' | 'Ẵ' | 'Ặ' | 'Â' | 'Ầ' | 'Ấ' | 'Ẩ' | 'Ẫ' | 'Ậ' => {
            'A'
        }
        'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' => 'e',
        'È' | 'É' | 'Ẻ' | 'Ẽ' | 'Ẹ' | 'Ê' | 'Ề' | 'Ế' | 'Ể' | 'Ễ' | 'Ệ' => 'E',
        'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' => 'i',
        'Ì' | 'Í' | 'Ỉ' | 'Ĩ' | 'Ị' => 'I',
        'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ' | 'ợ' => {
            'o'
        }
        'Ò' | 'Ó' | 'Ỏ' | 'Õ' | 'Ọ' | 'Ô' | 'Ồ' | 'Ố' | 'Ổ' | 'Ỗ' | 'Ộ' | 'Ơ' | 'Ờ' | 'Ớ' | 'Ở' | 'Ỡ' | 'Ợ' => {
            'O'
        }
        'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' => 'u',
        'Ù' | 'Ú' | 'Ủ' | 'Ũ' | 'Ụ' | 'Ư' | 'Ừ' | 'Ứ' | 'Ử' | 'Ữ' | 'Ự' => 'U',
        'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
        'Ỳ' | 'Ý' | 'Ỷ' | 'Ỹ' | 'Ỵ' => 'Y',
        'đ' => 'd',
        'Đ' => 'D',
        other => other,
    }
}

/// The marks that stand alone in decomposed text.
fn is_combining(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_unit_goes_behind_the_name_and_numbers_behind_the_type() {
        for (vi, en) in [
            ("Tỉnh Bà Rịa - Vũng Tàu", "Ba Ria - Vung Tau Province"),
            ("Quận 1", "District 1"),
            ("Quận Ba Đình", "Ba Dinh District"),
            ("Huyện Ia H'Drai", "Ia H'Drai District"),
            ("Thị xã Ngã Năm", "Nga Nam Town"),
            ("Thị trấn Óc Eo", "Oc Eo Township"),
            ("Xã Đường 10", "Duong 10 Commune"),
            ("Đặc khu Thổ Châu", "Tho Chau Special Zone"),
            ("Sở Y tế", "So Y te"),
        ] {
            assert_eq!(english_name(vi), en);
        }
    }

    #[test]
    fn decomposed_text_loses_its_marks_too() {
        assert_eq!(english_name("Tỉnh Hue\u{302}\u{301}"), "Hue Province");
    }
}
