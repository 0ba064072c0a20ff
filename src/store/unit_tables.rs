//! The tables of units, with the states that they had.

diesel::table! {
    unit (id) {
        id -> Integer,
        list -> Text,
        code -> Text,
        kind -> Text,
        name_vi -> Text,
        name_en -> Nullable<Text>,
        parent_id -> Nullable<Integer>,
        valid_from -> Integer,
        valid_to -> Nullable<Integer>,
        change_id -> Nullable<Integer>,
    }
}

diesel::table! {
    unit_change (id) {
        id -> Integer,
        made_at -> BigInt,
        made_by -> Text,
    }
}

diesel::table! {
    unit_revision (unit_id, change_id) {
        unit_id -> Integer,
        change_id -> Integer,
        kind -> Text,
        name_vi -> Text,
        name_en -> Nullable<Text>,
        parent_id -> Nullable<Integer>,
        valid_to -> Nullable<Integer>,
    }
}

diesel::table! {
    run_units (run_id) {
        run_id -> Binary,
        change_id -> Integer,
    }
}

diesel::table! {
    unit_succession (from_id, to_id) {
        from_id -> Integer,
        to_id -> Integer,
        whole -> Bool,
        is_default -> Bool,
        change_id -> Nullable<Integer>,
    }
}
