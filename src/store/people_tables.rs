//! The tables of persons: who they are, what they proposed and confirmed, which step of a run they took.

use super::tables::quality_evaluation;

diesel::table! {
    person (id) {
        id -> Integer,
        login -> Text,
        name -> Text,
        roles -> Text,
        unit_id -> Nullable<Integer>,
        created_at -> BigInt,
        created_by -> Text,
        disabled_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    run_person (run_id) {
        run_id -> Binary,
        created_by -> Nullable<Integer>,
        submitted_by -> Nullable<Integer>,
        approved_by -> Nullable<Integer>,
        published_by -> Nullable<Integer>,
    }
}

diesel::table! {
    proposal (id) {
        id -> Integer,
        kind -> Text,
        object -> Text,
        detail -> Text,
        reason -> Text,
        state -> Text,
        proposed_by -> Text,
        proposed_person -> Nullable<Integer>,
        proposed_at -> BigInt,
        decided_by -> Nullable<Text>,
        decided_person -> Nullable<Integer>,
        decided_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    flag_lift (id) {
        id -> Integer,
        evaluation_id -> Integer,
        response_seq -> BigInt,
        rule -> Text,
        proposal_id -> Integer,
    }
}

diesel::table! {
    credential (person_id) {
        person_id -> Integer,
        password_hash -> Nullable<Text>,
        totp_secret -> Nullable<Binary>,
        totp_step -> BigInt,
        enrol_hash -> Nullable<Binary>,
        enrol_until -> BigInt,
        failures -> Integer,
        locked_until -> BigInt,
    }
}

diesel::table! {
    session (hash) {
        hash -> Binary,
        person_id -> Integer,
        role -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
        ends_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(flag_lift, quality_evaluation);
