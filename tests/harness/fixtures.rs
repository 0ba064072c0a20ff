//! A small survey, an index on it, and waves in which they are asked.

use hailong::office::Role;
use hailong::store::runs;
use hailong::store::scores::Score;
use hailong::store::units::UnitRow;
use hailong::words::encode::rfc3339;
use serde_json::{Value, json};

use super::{HOUR, NOW, TestApp};

/// The country, two provinces of the list of 2025, and an office's departments below them.
pub fn units() -> Vec<UnitRow> {
    let unit = |list: &str, code: &str, kind: &str, name: &str, parent: Option<(&str, &str)>| UnitRow {
        list: list.into(),
        code: code.into(),
        kind: kind.into(),
        name_vi: name.into(),
        name_en: None,
        parent: parent.map(|(list, code)| (list.into(), code.into())),
        valid_from: 14_092, // 2008-08-01
        valid_to: None,
    };
    vec![
        unit("vn-34", "VN", "country", "Việt Nam", None),
        unit("vn-34", "01", "province", "Thành phố Hà Nội", Some(("vn-34", "VN"))),
        unit("vn-34", "48", "province", "Thành phố Đà Nẵng", Some(("vn-34", "VN"))),
        unit("agency-danang", "UB", "agency", "Uỷ ban nhân dân thành phố Đà Nẵng", Some(("vn-34", "48"))),
        unit("agency-danang", "SYT", "agency", "Sở Y tế", Some(("agency-danang", "UB"))),
        unit("agency-danang", "SYT-KCB", "agency", "Phòng Khám chữa bệnh", Some(("agency-danang", "SYT"))),
        unit("agency-danang", "SXD", "agency", "Sở Xây dựng", Some(("agency-danang", "UB"))),
    ]
}

pub fn words(vi: &str, en: &str) -> Value {
    json!({ "vi": vi, "en": en })
}

/// A questionnaire of five items.
pub fn questionnaire() -> Value {
    let option = |code: u32| json!({ "code": code.to_string(), "score": (code - 1) * 25, "label": words("Mức", "Level") });
    json!({
        "kind": "questionnaire", "code": "mini", "version": "1", "languages": ["vi", "en"],
        "title": words("Phiếu thử", "Test form"),
        "scales": { "five": { "options": [option(1), option(2), option(3), option(4), option(5)] } },
        "sections": [ { "code": "A", "title": words("Phần A", "Part A"), "items": [
            { "code": "Q1", "kind": "scale", "scale": "five", "required": true, "text": words("Hài lòng?", "Satisfied?") },
            { "code": "Q2", "kind": "scale", "scale": "five", "does_not_apply": true, "text": words("Thái độ?", "Attitude?") },
            { "code": "sex", "kind": "single", "text": words("Giới tính", "Sex"),
              "options": [ { "code": "f", "label": words("Nữ", "Female") }, { "code": "m", "label": words("Nam", "Male") } ] },
            { "code": "age", "kind": "number", "min": 18, "max": 120, "decimals": 0, "text": words("Tuổi", "Age") },
            { "code": "note", "kind": "text", "max_length": 200, "text": words("Góp ý", "Comment") }
        ] } ]
    })
}

/// The mean of two of its items.
pub fn index() -> Value {
    let leaf = |item: &str| json!({ "code": item, "label": words("Mục", "Item"), "measure": { "kind": "mean", "item": item } });
    json!({
        "kind": "index", "code": "mini", "version": "1", "title": words("Chỉ số thử", "Test index"),
        "survey": "mini", "survey_versions": ["1"], "level": 0.95, "min_n": 10, "lonely_psu": "adjust",
        "missing": { "leaf": "available", "node": "renormalise" },
        "parameters": { "w": { "value": 0.5, "min": 0, "max": 1, "label": words("Trọng số", "Weight") } },
        "domains": [ { "kind": "nation" }, { "kind": "unit" } ],
        "tree": [ { "code": "INDEX", "label": words("Chỉ số", "Index"), "children": [leaf("Q1"), leaf("Q2")] } ]
    })
}

/// A wave that anyone with a link may answer, of departments of Đà Nẵng.
pub fn open_wave() -> Value {
    json!({
        "survey": "mini", "title": words("Đợt mở", "Open wave"), "mode": "opt_in", "frame": words("Người dùng dịch vụ", "Users"),
        "unit_list": "agency-danang", "design": "element", "chain": { "customers": 1200, "invitations": 600 },
        "opens_at": rfc3339(NOW - 10 * HOUR), "closes_at": rfc3339(NOW + 10 * HOUR)
    })
}

/// A wave that draws clusters in the provinces.
pub fn sample_wave() -> Value {
    json!({
        "survey": "mini", "title": words("Đợt chọn mẫu", "Sample wave"), "mode": "probability_sample",
        "frame": words("Người dân", "Residents"), "unit_list": "vn-34", "design": "cluster", "fpc": true,
        "opens_at": rfc3339(NOW - 10 * HOUR), "closes_at": rfc3339(NOW + 10 * HOUR)
    })
}

/// The design of [`sample_wave`].
pub fn design() -> Value {
    json!({
        "psus": "psu,stratum,fpc,area,weight\np1,s1,10,01,2.5\np2,s1,10,01,2.5\np3,s2,20,48,4\n",
        "respondents": "respondent,psu,weight\nHN-1,p1,3.5\n"
    })
}

/// A valid submission to the wave `open`.
pub fn submission() -> Value {
    json!({
        "survey": "mini", "version": "1", "wave": "open", "unit": { "list": "agency-danang", "code": "SYT" },
        "channel": "qr", "language": "vi", "answered_at": "2024-09-01T07:59:00+07:00",
        "answers": { "Q1": "5", "Q2": "4", "sex": "f", "age": 34, "note": "Tốt" }
    })
}

/// A valid submission to the wave `sample`.
pub fn sampled() -> Value {
    json!({
        "survey": "mini", "version": "1", "wave": "sample", "unit": { "list": "vn-34", "code": "01" }, "psu": "p1",
        "channel": "household", "answers": { "Q1": 3 }
    })
}

/// A random id.
pub fn id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The address of a new response.
pub fn new_response() -> String {
    format!("/v1/responses/{}", id())
}

/// Publishes the survey and the index and opens both waves, through the API as a statistician would.
pub fn publish(app: &TestApp) {
    let statistician = app.client(Role::Statistician);
    statistician.put("/v1/surveys/mini/versions/1", &questionnaire()).expect(201);
    statistician.put("/v1/indices/mini/versions/1", &index()).expect(201);
    statistician.put("/v1/waves/open", &open_wave()).expect(201);
    let wave = statistician.put("/v1/waves/sample", &sample_wave());
    assert_eq!(wave.status, 201, "{}", wave.text());
    statistician.put_if("/v1/waves/sample/design", &wave.etag(), &design()).expect(200);
}

/// One score as a worker stores it.
pub fn score(ord: i32, node: &str, domain: &str, unit_id: Option<i32>, value: f64, n: i64) -> Score {
    Score {
        ord,
        node: node.into(),
        domain_kind: domain.into(),
        domain_key: unit_id.map(|id| id.to_string()).unwrap_or_default(),
        unit_id,
        area_id: None,
        item_code: None,
        option_code: None,
        est: Some(value),
        se: Some(1.5),
        lo: Some(value - 3.0),
        hi: Some(value + 3.0),
        n,
        n_psu: 3,
        df: Some(2.0),
        deff: Some(1.2),
        weight_sum: 100.0,
        rank: None,
        rank_lo: None,
        rank_hi: None,
        suppressed: n < 10,
        rank_joint_lo: None,
        rank_joint_hi: None,
        p_top: None,
        model_est: None,
        model_rmse: None,
        thin: false,
        hidden: None,
    }
}

/// Starts a run on the wave `open`; gives its address.
pub fn start_run(app: &TestApp) -> String {
    let request = json!({ "index": "mini", "version": "1", "wave": "open" });
    let reply = app.client(Role::Statistician).post("/v1/runs", &request);
    assert_eq!(reply.status, 202, "{}", reply.text());
    reply.header("location").unwrap().to_owned()
}

/// Does a worker's part of a run: the nation, two departments of Đà Nẵng, and a part of one that few people rated.
pub fn finish_run(app: &TestApp, run: &str) {
    let id = run.rsplit('/').next().unwrap().parse().unwrap();
    let unit = |code| Some(app.unit_id("agency-danang", code));
    let scores = [
        score(0, "INDEX", "nation", None, 80.0, 500),
        score(1, "INDEX", "unit", unit("SYT"), 81.5, 60),
        score(2, "INDEX", "unit", unit("SYT-KCB"), 70.25, 4),
        score(3, "INDEX", "unit", unit("SXD"), 77.0, 44),
    ];
    let mut db = app.store.db().unwrap();
    runs::start(&mut db, id, NOW).unwrap();
    let results = runs::Results {
        digest: &[7; 32],
        manifest: "{\"wave\":\"open\"}",
        figures: runs::Figures::Survey { scores: &scores, changes: &[], disclosure: &hailong::store::disclosure::NOTHING, standing: &[] },
    };
    runs::finish(&mut db, id, &results, NOW).unwrap();
}
