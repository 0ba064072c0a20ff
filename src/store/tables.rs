//! The tables, once for both databases. Why they are so: `docs/data-model.md`.
//!
//! Only the types that the multi-connection of Diesel knows are used: instants are microseconds UTC in a `BigInt`,
//! identifiers and digests are `Binary`, JSON is `Text` (no query looks inside).

diesel::table! {
    survey_version (id) {
        id -> Integer,
        code -> Text,
        version -> Text,
        sha256 -> Binary,
        document -> Text,
        layout_width -> Integer,
        published_at -> BigInt,
        published_by -> Text,
    }
}

diesel::table! {
    index_version (id) {
        id -> Integer,
        code -> Text,
        version -> Text,
        sha256 -> Binary,
        document -> Text,
        survey_code -> Nullable<Text>,
        published_at -> BigInt,
        published_by -> Text,
        kind -> Text,
    }
}

diesel::table! {
    wave (id) {
        id -> Integer,
        code -> Text,
        survey_code -> Text,
        title -> Text,
        mode -> Text,
        frame_label -> Text,
        unit_list -> Text,
        opens_at -> BigInt,
        closes_at -> Nullable<BigInt>,
        weight_exponent -> SmallInt,
        design_kind -> Text,
        fpc -> Bool,
        synthetic -> Bool,
        revision -> BigInt,
        created_by -> Text,
        created_at -> BigInt,
        cluster_by -> Nullable<Text>,
        invitations -> Text,
    }
}

diesel::table! {
    design_psu (wave_id, id) {
        wave_id -> Integer,
        id -> Integer,
        code -> Text,
        stratum -> Text,
        fpc -> Nullable<BigInt>,
        area_unit_id -> Nullable<Integer>,
        weight_u -> Nullable<BigInt>,
    }
}

diesel::table! {
    design_respondent (wave_id, respondent) {
        wave_id -> Integer,
        respondent -> Text,
        psu_id -> Nullable<Integer>,
        weight_u -> BigInt,
    }
}

diesel::table! {
    api_key (id) {
        id -> Integer,
        name -> Text,
        role -> Text,
        hash -> Binary,
        unit_id -> Nullable<Integer>,
        created_at -> BigInt,
        created_by -> Text,
        revoked_at -> Nullable<BigInt>,
        person_id -> Nullable<Integer>,
        expires_at -> Nullable<BigInt>,
        used_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    response (seq) {
        seq -> BigInt,
        id -> Binary,
        wave_id -> Integer,
        version_id -> Integer,
        unit_id -> Integer,
        psu_id -> Integer,
        weight_u -> BigInt,
        channel -> SmallInt,
        device_key_id -> Nullable<Integer>,
        started_at -> Nullable<BigInt>,
        answered_at -> Nullable<BigInt>,
        received_at -> BigInt,
        state -> SmallInt,
        ended_event -> Nullable<BigInt>,
        withdrawn_at -> Nullable<BigInt>,
        body_sha256 -> Binary,
        answers -> Binary,
        first_seq -> Nullable<BigInt>,
        respondent -> Nullable<Text>,
        receipt_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    response_finding (response_seq, item, code) {
        response_seq -> BigInt,
        item -> Text,
        code -> Text,
    }
}

diesel::table! {
    submission (response_seq) {
        response_seq -> BigInt,
        body -> Binary,
        findings -> Nullable<Text>,
    }
}

diesel::table! {
    free_text (response_seq, item) {
        response_seq -> BigInt,
        item -> Text,
        text -> Text,
    }
}

diesel::table! {
    response_event (id) {
        id -> BigInt,
        response_seq -> BigInt,
        kind -> Text,
        at -> BigInt,
        actor -> Text,
        reason -> Text,
        successor_seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    run (id) {
        id -> Binary,
        index_version_id -> Integer,
        wave_id -> Nullable<Integer>,
        state -> Text,
        preview -> Bool,
        parameters -> Text,
        high_water_seq -> BigInt,
        high_water_event -> BigInt,
        seed -> BigInt,
        threads -> Nullable<Integer>,
        created_by -> Text,
        created_at -> BigInt,
        started_at -> Nullable<BigInt>,
        finished_at -> Nullable<BigInt>,
        digest -> Nullable<Binary>,
        manifest -> Nullable<Text>,
        error -> Nullable<Text>,
        submitted_by -> Nullable<Text>,
        submitted_at -> Nullable<BigInt>,
        approved_by -> Nullable<Text>,
        approved_at -> Nullable<BigInt>,
        published_by -> Nullable<Text>,
        published_at -> Nullable<BigInt>,
        withdrawn_by -> Nullable<Text>,
        withdrawn_at -> Nullable<BigInt>,
        withdrawn_reason -> Nullable<Text>,
        revision -> BigInt,
        since_run_id -> Nullable<Binary>,
        kind -> Text,
    }
}

diesel::table! {
    score (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        node -> Text,
        domain_kind -> Text,
        domain_key -> Text,
        unit_id -> Nullable<Integer>,
        area_id -> Nullable<Integer>,
        item_code -> Nullable<Text>,
        option_code -> Nullable<Text>,
        est -> Nullable<Double>,
        se -> Nullable<Double>,
        lo -> Nullable<Double>,
        hi -> Nullable<Double>,
        n -> BigInt,
        n_psu -> Integer,
        df -> Nullable<Double>,
        deff -> Nullable<Double>,
        weight_sum -> Double,
        rank -> Nullable<Integer>,
        rank_lo -> Nullable<Integer>,
        rank_hi -> Nullable<Integer>,
        suppressed -> Bool,
        rank_joint_lo -> Nullable<Integer>,
        rank_joint_hi -> Nullable<Integer>,
        p_top -> Nullable<Double>,
        model_est -> Nullable<Double>,
        model_rmse -> Nullable<Double>,
        thin -> Bool,
        hidden -> Nullable<Text>,
    }
}

diesel::table! {
    change (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        before -> Double,
        difference -> Double,
        se -> Double,
        df -> Double,
        p -> Nullable<Double>,
        p_holm -> Nullable<Double>,
        rank_before -> Nullable<Integer>,
        rise_lo -> Nullable<Integer>,
        rise_hi -> Nullable<Integer>,
        shown -> Bool,
    }
}

diesel::table! {
    edition (id) {
        id -> Integer,
        code -> Text,
        run_id -> Binary,
        index_code -> Text,
        index_version -> Text,
        wave_code -> Nullable<Text>,
        state -> Text,
        created_at -> BigInt,
        published_at -> Nullable<BigInt>,
        withdrawn_at -> Nullable<BigInt>,
        revision -> BigInt,
    }
}

diesel::table! {
    response_chain (wave_id, version) {
        wave_id -> Integer,
        version -> Integer,
        customers -> Nullable<BigInt>,
        invitations -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        created_by -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    quality_evaluation (id) {
        id -> Integer,
        wave_id -> Integer,
        version -> Integer,
        rules_code -> Text,
        rules_version -> Text,
        rules_sha256 -> Binary,
        rules -> Text,
        high_water_seq -> BigInt,
        high_water_event -> BigInt,
        created_by -> Text,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        responses -> Nullable<BigInt>,
        flagged -> Nullable<BigInt>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    quality_count (evaluation_id, rule) {
        evaluation_id -> Integer,
        rule -> Text,
        judged -> BigInt,
        flagged -> BigInt,
    }
}

diesel::table! {
    response_flag (evaluation_id, response_seq, rule) {
        evaluation_id -> Integer,
        response_seq -> BigInt,
        rule -> Text,
        detail -> Text,
    }
}

diesel::table! {
    run_without_flagged (run_id) {
        run_id -> Binary,
        evaluation_id -> Integer,
        rules -> Text,
        lifts_up_to -> Integer,
    }
}

diesel::table! {
    indicator_table (id) {
        id -> Integer,
        index_version_id -> Integer,
        title -> Text,
        sha256 -> Binary,
        n_values -> Integer,
        n_units -> Integer,
        editions -> Text,
        findings -> Text,
        loaded_at -> BigInt,
        loaded_by -> Text,
    }
}

diesel::table! {
    indicator_unit (table_id, edition, unit) {
        table_id -> Integer,
        edition -> Text,
        unit -> Text,
    }
}

diesel::table! {
    indicator_attribute (table_id, edition, unit, attribute) {
        table_id -> Integer,
        edition -> Text,
        unit -> Text,
        attribute -> Text,
        value -> Text,
    }
}

diesel::table! {
    indicator_value (table_id, ord) {
        table_id -> Integer,
        ord -> Integer,
        edition -> Text,
        unit -> Text,
        indicator -> Text,
        revision -> Integer,
        value -> Nullable<Double>,
        measured_in -> Nullable<Text>,
        date -> Nullable<Text>,
        source -> Nullable<Text>,
        status -> Text,
        standard_error -> Nullable<Double>,
        df -> Nullable<Double>,
        n -> Nullable<BigInt>,
    }
}

diesel::table! {
    run_table (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        table_id -> Integer,
    }
}

diesel::table! {
    run_survey (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        survey_run_id -> Binary,
        edition -> Text,
    }
}

diesel::table! {
    composite_score (run_id, ord) {
        run_id -> Binary,
        ord -> Integer,
        edition -> Text,
        unit -> Text,
        unit_id -> Nullable<Integer>,
        node -> Text,
        score -> Nullable<Double>,
        se -> Nullable<Double>,
        df -> Nullable<Double>,
        lo -> Nullable<Double>,
        hi -> Nullable<Double>,
        rank -> Nullable<Integer>,
        rank_lo -> Nullable<Integer>,
        rank_hi -> Nullable<Integer>,
        tier -> Nullable<Integer>,
        hidden -> Nullable<Text>,
    }
}

diesel::table! {
    composite_report (run_id, kind) {
        run_id -> Binary,
        kind -> Text,
        document -> Text,
    }
}

diesel::table! {
    job (id) {
        id -> Binary,
        kind -> Text,
        payload -> Text,
        state -> Text,
        stage -> Text,
        done -> BigInt,
        total -> BigInt,
        attempts -> Integer,
        cancel_requested -> Bool,
        lease_until -> Nullable<BigInt>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
        error -> Nullable<Text>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        actor -> Text,
        role -> Text,
        action -> Text,
        object -> Text,
        detail -> Text,
    }
}

diesel::table! {
    setting (name) {
        name -> Text,
        value -> Binary,
    }
}

diesel::table! {
    import_before (seq) {
        seq -> BigInt,
    }
}

diesel::table! {
    import_batch (id) {
        id -> Integer,
        wave_id -> Integer,
        name -> Text,
        created_by -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    import_record (wave_id, key_hash, version) {
        wave_id -> Integer,
        key_hash -> Binary,
        version -> Integer,
        response_id -> Binary,
        batch_id -> Integer,
    }
}

diesel::joinable!(submission -> response (response_seq));
diesel::joinable!(response_flag -> response (response_seq));
diesel::joinable!(response_flag -> quality_evaluation (evaluation_id));
diesel::joinable!(indicator_table -> index_version (index_version_id));
diesel::joinable!(free_text -> response (response_seq));
diesel::allow_tables_to_appear_in_same_query!(response, submission, free_text);
diesel::allow_tables_to_appear_in_same_query!(response, response_finding);
diesel::allow_tables_to_appear_in_same_query!(import_record, response);
diesel::allow_tables_to_appear_in_same_query!(response_flag, response, quality_evaluation);
diesel::allow_tables_to_appear_in_same_query!(indicator_table, index_version);
diesel::allow_tables_to_appear_in_same_query!(run, run_survey);
