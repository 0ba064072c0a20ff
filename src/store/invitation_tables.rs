//! The tables of invitations, and of what came by one.

use super::tables::response;

diesel::table! {
    invitation (wave_id, dossier_hash) {
        wave_id -> Integer,
        dossier_hash -> Binary,
        unit_id -> Nullable<Integer>,
        token_hash -> Nullable<Binary>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    invitation_spent (token_hash) {
        token_hash -> Binary,
        wave_id -> Integer,
    }
}

diesel::table! {
    response_invited (response_seq) {
        response_seq -> BigInt,
    }
}

diesel::joinable!(response_invited -> response (response_seq));
diesel::allow_tables_to_appear_in_same_query!(response_invited, response);
