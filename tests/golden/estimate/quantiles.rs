//! Quantiles under several definitions and their intervals.

super::cases! {
    "06_quantiles.json";
    dstrat_quantile_mean: "dstrat/quantile/mean";
    dstrat_quantile_beta: "dstrat/quantile/beta";
    dstrat_quantile_xlogit: "dstrat/quantile/xlogit";
    dstrat_quantile_asin: "dstrat/quantile/asin";
    dstrat_quantile_score: "dstrat/quantile/score";
    dclus1_quantile_mean: "dclus1/quantile/mean";
    dclus1_quantile_beta: "dclus1/quantile/beta";
    dclus1_quantile_xlogit: "dclus1/quantile/xlogit";
    dclus1_quantile_asin: "dclus1/quantile/asin";
    dclus1_quantile_score: "dclus1/quantile/score";
    dclus2_quantile_mean: "dclus2/quantile/mean";
    dclus2_quantile_beta: "dclus2/quantile/beta";
    dclus2_quantile_xlogit: "dclus2/quantile/xlogit";
    dclus2_quantile_asin: "dclus2/quantile/asin";
    dclus2_quantile_score: "dclus2/quantile/score";
    dstrat_quantile_rule_math: "dstrat/quantile_rule/math";
    dstrat_quantile_rule_school: "dstrat/quantile_rule/school";
    dstrat_quantile_rule_shahvaish: "dstrat/quantile_rule/shahvaish";
    dstrat_quantile_rule_hf1: "dstrat/quantile_rule/hf1";
    dstrat_quantile_rule_hf2: "dstrat/quantile_rule/hf2";
    dstrat_quantile_rule_hf3: "dstrat/quantile_rule/hf3";
    dstrat_quantile_rule_hf4: "dstrat/quantile_rule/hf4";
    dstrat_quantile_rule_hf5: "dstrat/quantile_rule/hf5";
    dstrat_quantile_rule_hf6: "dstrat/quantile_rule/hf6";
    dstrat_quantile_rule_hf7: "dstrat/quantile_rule/hf7";
    dstrat_quantile_rule_hf8: "dstrat/quantile_rule/hf8";
    dstrat_quantile_rule_hf9: "dstrat/quantile_rule/hf9";
    rep_r1_quantile: "rep/r1/quantile";
    rep_rn_quantile: "rep/rn/quantile";
}
