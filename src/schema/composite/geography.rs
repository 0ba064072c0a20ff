//! The list of units that a composite index is made for.

use serde_json::Value;

use crate::schema::decode::{At, string};

/// The national lists of provinces: 64 until 1 August 2008, 63 until 1 July 2025, 34 since.
pub const NATIONAL_LISTS: [&str; 3] = ["vn-64", "vn-63", "vn-34"];

/// Reads the name of a list: a national one, or one of the operator's own, such as the departments of a province. Names that
/// begin with `vn-` are kept for national lists.
pub(super) fn geography(value: &Value, at: &mut At<'_>) -> Option<String> {
    let list = string(value, at)?;
    let national = list.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("vn-"));
    if national && !NATIONAL_LISTS.contains(&list) {
        let known = NATIONAL_LISTS.join(", ");
        at.error(
            "unknown-list",
            format!("Không có danh mục quốc gia “{list}”; có {known}. Danh mục riêng không được bắt đầu bằng “vn-”"),
            format!("There is no national list “{list}”; there are {known}. A list of your own must not begin with “vn-”"),
        );
        return None;
    }
    Some(list.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parse_composite;
    use super::super::sample::{composite, schema_of};

    #[test]
    fn a_national_list_must_be_one_there_is_and_any_other_name_is_free() {
        let with = |list: &str| {
            let mut value = composite();
            value["geography"] = json!(list);
            value
        };
        for list in ["vn-64", "vn-63", "vn-34", "agency-danang", "phường của tỉnh", "v"] {
            let checked = parse_composite(&with(list).to_string()).unwrap_or_else(|findings| panic!("{list}: {findings:#?}"));
            assert_eq!(checked.definition.geography(), Some(list));
            schema_of("composite", &with(list)).unwrap();
        }
        for list in ["vn-65", "VN-63", "vn-", "Vn-34"] {
            let findings = parse_composite(&with(list).to_string()).unwrap_err();
            let told: Vec<(&str, &str)> = findings.iter().map(|finding| (finding.pointer.as_str(), finding.code.as_ref())).collect();
            assert_eq!(told, [("/geography", "unknown-list")], "{list}");
            assert!(schema_of("composite", &with(list)).is_err(), "{list}");
        }
    }
}
