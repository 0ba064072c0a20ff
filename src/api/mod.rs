//! HTTP: the same library calls as the command line, for devices, offices and portals.
//!
//! How the API behaves as a whole (addresses, errors, pages, tags, keys) is written down in `docs/api-design.md`. Each resource is
//! one file: its wire structs, its handlers, and nothing that another resource needs. What all of them share:
//!
//! | | |
//! |---|---|
//! | [`codes`], [`problem`] | everything that can go wrong, and the one envelope for it |
//! | [`role`], [`auth`] | who may do what, and who is asking |
//! | [`body`], [`page`], [`etag`], [`lang`], [`wire`] | what requests and answers are made of |
//! | [`state`], [`cache`], [`limit`] | what handlers share |
//! | [`telemetry`], [`metrics`] | what surrounds a request |
//! | [`openapi`], [`server`] | the description, starting and stopping |

pub mod audit;
pub mod auth;
pub mod batch;
pub mod body;
pub mod cache;
pub mod chain;
pub mod change;
pub mod codes;
pub mod composite_reports;
pub mod composite_runs;
pub mod composite_scores;
pub mod definitions;
pub mod editions;
pub mod encode;
pub mod etag;
pub mod explanations;
pub mod fieldwork;
pub mod health;
pub mod indicator_tables;
pub mod indices;
pub mod intake;
pub mod keys;
pub mod lang;
pub mod limit;
pub mod meta;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod place;
pub mod problem;
pub mod progress;
pub mod quality;
pub mod responses;
pub mod role;
pub mod runs;
pub mod scores;
pub mod series;
pub mod server;
pub mod sources;
pub mod state;
pub mod steps;
pub mod submission;
pub mod survey_runs;
pub mod surveys;
pub mod telemetry;
pub mod units;
pub mod waves;
pub mod wire;

use utoipa_actix_web::service_config::ServiceConfig;

/// Every route, by who uses it.
pub fn routes(api: &mut ServiceConfig<'_>) {
    // Devices, fieldworkers, citizens: sending answers.
    api.service(responses::put_response).service(responses::get_response).service(batch::send_batch);
    // … and what to ask, of whom.
    api.service(surveys::list_surveys)
        .service(surveys::get_survey)
        .service(surveys::get_survey_version)
        .service(surveys::get_compatibility)
        .service(units::list_units)
        .service(units::get_unit)
        .service(waves::list_waves)
        .service(waves::get_wave);
    // Statisticians: definitions, waves, fieldwork.
    api.service(surveys::check_survey)
        .service(surveys::put_survey_version)
        .service(indices::check_index)
        .service(indices::put_index_version)
        .service(units::add_units)
        .service(waves::put_wave)
        .service(fieldwork::put_design)
        .service(fieldwork::get_progress)
        .service(chain::get_chain)
        .service(responses::list_responses)
        .service(responses::withdraw_response)
        .service(responses::exclude_response);
    // … looking for what is suspicious.
    api.service(quality::create_evaluation)
        .service(quality::list_evaluations)
        .service(quality::get_evaluation)
        .service(quality::list_flags);
    // … and computing.
    api.service(runs::create_run)
        .service(runs::list_runs)
        .service(runs::get_run)
        .service(progress::get_run_progress)
        .service(progress::stream_run_progress)
        .service(steps::cancel_run)
        .service(steps::submit_run);
    // … composite indices, from tables of indicators.
    api.service(indicator_tables::check_indicators)
        .service(indicator_tables::load_indicators)
        .service(indicator_tables::list_indicator_tables)
        .service(indicator_tables::get_indicator_table)
        .service(indicator_tables::list_indicator_values)
        .service(composite_reports::get_composite_stages)
        .service(composite_reports::get_composite_sensitivity);
    // Publishers: the second person.
    api.service(steps::approve_run).service(steps::publish_run).service(steps::withdraw_run);
    // Agencies, portals, the public.
    api.service(indices::list_indices)
        .service(indices::get_index)
        .service(indices::get_index_version)
        .service(editions::list_editions)
        .service(editions::get_edition)
        .service(scores::list_scores)
        .service(composite_scores::list_composite_scores)
        .service(composite_reports::list_composite_targets)
        .service(explanations::get_composite_explanation)
        .service(series::get_composite_series);
    // Admins and auditors.
    api.service(keys::create_key).service(keys::list_keys).service(keys::revoke_key).service(audit::list_audit);
    // Everyone who programs against this.
    api.service(meta::get_openapi).service(meta::list_problems).service(meta::get_problem);
    // Operators.
    api.service(health::livez).service(health::readyz).service(health::version).service(health::metrics);
}
