//! HTTP: the same library calls as the command line, for devices, offices and portals.
//!
//! How the API behaves as a whole (addresses, errors, pages, tags, keys) is written down in `docs/api-design.md`. Each resource is
//! one file: its wire structs, its handlers, and nothing that another resource needs. What they share is in [`wire`]; [`openapi`] is
//! the description; all that is HTTP and no resource is in [`crate::http`].
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]

pub mod admin;
pub mod collect;
pub mod definitions;
pub mod field;
pub mod figures;
pub mod openapi;
pub mod runs;
pub mod wire;

use std::sync::LazyLock;

use actix_web::{HttpRequest, HttpResponse, web};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::openapi::Description;
use crate::office::Refusal;

/// The API as a server takes it: every route, the description of them, and what answers where there is none.
pub fn faces(config: &mut web::ServiceConfig) {
    static DESCRIPTION: LazyLock<web::Data<Description>> = LazyLock::new(|| web::Data::new(Description::new()));
    config.app_data(web::Data::clone(&DESCRIPTION)).app_data(DESCRIPTION.contract()).app_data(DESCRIPTION.described());
    routes(&mut ServiceConfig::new(config));
    config.default_service(web::to(|req: HttpRequest| async move { Err::<HttpResponse, Refusal>(DESCRIPTION.unrouted(&req)) }));
}

/// Every route, by who uses it.
pub fn routes(api: &mut ServiceConfig<'_>) {
    // Devices, fieldworkers, citizens: sending answers.
    api.service(collect::responses::put_response)
        .service(collect::responses::get_response)
        .service(collect::responses::withdraw_own_response)
        .service(collect::batch::send_batch);
    // … whom to ask for them.
    api.service(collect::invitations::create_invitation).service(collect::invitations::create_invitations);
    // … and what to ask, of whom.
    api.service(definitions::surveys::list_surveys)
        .service(definitions::surveys::get_survey)
        .service(definitions::surveys::get_survey_version)
        .service(definitions::surveys::get_compatibility)
        .service(definitions::units::list_units)
        .service(definitions::units::get_unit)
        .service(field::waves::list_waves)
        .service(field::waves::get_wave);
    // Statisticians: definitions, waves, fieldwork.
    api.service(definitions::surveys::check_survey)
        .service(definitions::surveys::put_survey_version)
        .service(definitions::indices::check_index)
        .service(definitions::indices::put_index_version)
        .service(definitions::units::add_units)
        .service(field::waves::put_wave)
        .service(field::fieldwork::put_design)
        .service(field::fieldwork::get_progress)
        .service(field::chain::get_chain)
        .service(collect::responses::list_responses)
        .service(collect::responses::withdraw_response)
        .service(collect::responses::exclude_response);
    // … looking for what is suspicious.
    api.service(field::quality::create_evaluation)
        .service(field::quality::list_evaluations)
        .service(field::quality::get_evaluation)
        .service(field::quality::list_flags)
        .service(field::quality::lift_flags);
    // … and computing.
    api.service(runs::create_run)
        .service(runs::list_runs)
        .service(runs::get_run)
        .service(runs::progress::get_run_progress)
        .service(runs::progress::stream_run_progress)
        .service(runs::steps::cancel_run)
        .service(runs::steps::submit_run);
    // … composite indices, from tables of indicators.
    api.service(definitions::indicator_tables::check_indicators)
        .service(definitions::indicator_tables::load_indicators)
        .service(definitions::indicator_tables::list_indicator_tables)
        .service(definitions::indicator_tables::get_indicator_table)
        .service(definitions::indicator_tables::list_indicator_values)
        .service(figures::composite_reports::get_composite_stages)
        .service(figures::composite_reports::get_composite_sensitivity);
    // Publishers: the second person.
    api.service(admin::proposals::list_proposals)
        .service(admin::proposals::get_proposal)
        .service(admin::proposals::confirm_proposal)
        .service(admin::proposals::reject_proposal);
    api.service(runs::steps::approve_run).service(runs::steps::return_run);
    api.service(runs::steps::publish_run).service(runs::steps::withdraw_run);
    // Agencies, portals, the public.
    api.service(definitions::indices::list_indices)
        .service(definitions::indices::get_index)
        .service(definitions::indices::get_index_version)
        .service(figures::editions::list_editions)
        .service(figures::editions::get_edition)
        .service(figures::scores::list_scores)
        .service(figures::composite_scores::list_composite_scores)
        .service(figures::composite_reports::list_composite_targets)
        .service(figures::explanations::get_composite_explanation)
        .service(figures::series::get_composite_series);
    // Admins and auditors.
    api.service(admin::keys::create_key).service(admin::keys::list_keys).service(admin::keys::revoke_key).service(admin::audit::list_audit);
    // … and persons themselves.
    api.service(admin::people::invite_person)
        .service(admin::people::list_persons)
        .service(admin::people::disable_person)
        .service(admin::people::enrol_person)
        .service(admin::people::create_session)
        .service(admin::people::end_session)
        .service(admin::people::create_own_key);
    // Everyone who programs against this.
    api.service(admin::meta::get_openapi).service(admin::meta::list_problems).service(admin::meta::get_problem);
    // Operators.
    api.service(admin::health::livez).service(admin::health::readyz).service(admin::health::version).service(admin::health::metrics);
}
