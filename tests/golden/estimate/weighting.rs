//! Calibration where base weights differ within categories, where clusters share a factor, where bounds bind; what is refused.

super::cases! {
    "12_weighting.json";
    weighting_strat_poststratify_weights: "weighting/strat/poststratify/weights";
    weighting_strat_poststratify_mean: "weighting/strat/poststratify/mean";
    weighting_strat_poststratify_total: "weighting/strat/poststratify/total";
    weighting_strat_rake_weights: "weighting/strat/rake/weights";
    weighting_strat_rake_mean: "weighting/strat/rake/mean";
    weighting_strat_rake_total: "weighting/strat/rake/total";
    weighting_strat_linear_weights: "weighting/strat/linear/weights";
    weighting_strat_linear_mean: "weighting/strat/linear/mean";
    weighting_strat_linear_total: "weighting/strat/linear/total";
    weighting_strat_raking_weights: "weighting/strat/raking/weights";
    weighting_strat_raking_mean: "weighting/strat/raking/mean";
    weighting_strat_raking_total: "weighting/strat/raking/total";
    weighting_strat_logit_weights: "weighting/strat/logit/weights";
    weighting_strat_logit_mean: "weighting/strat/logit/mean";
    weighting_strat_logit_total: "weighting/strat/logit/total";
    weighting_strat_bounded_weights: "weighting/strat/bounded/weights";
    weighting_strat_bounded_mean: "weighting/strat/bounded/mean";
    weighting_strat_bounded_total: "weighting/strat/bounded/total";
    weighting_strat_raking_bounded_weights: "weighting/strat/raking-bounded/weights";
    weighting_strat_raking_bounded_mean: "weighting/strat/raking-bounded/mean";
    weighting_strat_raking_bounded_total: "weighting/strat/raking-bounded/total";
    weighting_clus2_raking_aggregate_weights: "weighting/clus2/raking-aggregate/weights";
    weighting_clus2_raking_aggregate_mean: "weighting/clus2/raking-aggregate/mean";
    weighting_clus2_raking_aggregate_total: "weighting/clus2/raking-aggregate/total";
    weighting_strat_rake_trim_weights: "weighting/strat/rake+trim/weights";
    weighting_strat_rake_trim_mean: "weighting/strat/rake+trim/mean";
    weighting_strat_rake_trim_total: "weighting/strat/rake+trim/total";
    weighting_strat_rake_trim_strict_weights: "weighting/strat/rake+trim-strict/weights";
    weighting_strat_rake_trim_strict_mean: "weighting/strat/rake+trim-strict/mean";
    weighting_strat_rake_trim_strict_total: "weighting/strat/rake+trim-strict/total";
    weighting_refused_bounds_too_tight: "weighting/refused/bounds-too-tight";
    weighting_refused_category_not_in_sample: "weighting/refused/category-not-in-sample";
    weighting_refused_category_without_total: "weighting/refused/category-without-total";
    weighting_refused_totals_contradict: "weighting/refused/totals-contradict";
}
