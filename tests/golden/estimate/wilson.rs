//! Wilson intervals of survey 4.5.

super::cases! {
    "10_wilson_survey45.json";
    dstrat_ciprop_sw_wilson_90: "dstrat/ciprop/sw/wilson/90";
    dstrat_ciprop_sw_wilson_95: "dstrat/ciprop/sw/wilson/95";
    dstrat_ciprop_aw_wilson_90: "dstrat/ciprop/aw/wilson/90";
    dstrat_ciprop_aw_wilson_95: "dstrat/ciprop/aw/wilson/95";
    dstrat_ciprop_grow_ok_wilson_90: "dstrat/ciprop/grow_ok/wilson/90";
    dstrat_ciprop_grow_ok_wilson_95: "dstrat/ciprop/grow_ok/wilson/95";
    nhanes_ciprop_race1_wilson: "nhanes/ciprop_race1/wilson";
    nhanes_ciprop_race2_wilson: "nhanes/ciprop_race2/wilson";
    nhanes_ciprop_race3_wilson: "nhanes/ciprop_race3/wilson";
    nhanes_ciprop_race4_wilson: "nhanes/ciprop_race4/wilson";
}
