//! Targets as people write them on a command line or in an address.

use std::str::FromStr;

use super::definition::TargetKind;

/// A text that names no target.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of rank:20, score:69.5, rise:5, gain:1.5")]
pub struct TargetError(String);

impl TargetError {
    /// The same in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        format!("“{}” không phải là mục tiêu: viết rank:20, score:69.5, rise:5 hoặc gain:1.5", self.0)
    }
}

impl TargetKind {
    /// Whether it asks for a gain since the edition before.
    #[must_use]
    pub fn is_gain(self) -> bool {
        matches!(self, Self::RankGain { .. } | Self::ScoreGain { .. })
    }

    /// Whether it asks for a rank, or for better ranks.
    #[must_use]
    pub fn is_rank(self) -> bool {
        matches!(self, Self::Rank { .. } | Self::RankGain { .. })
    }
}

impl FromStr for TargetKind {
    type Err = TargetError;

    /// `rank:20`, `score:69.5`, `rise:5` (ranks) or `gain:1.5` (points).
    fn from_str(text: &str) -> Result<Self, TargetError> {
        let wrong = || TargetError(text.to_owned());
        let (kind, value) = text.split_once(':').ok_or_else(wrong)?;
        let places = || value.parse().ok().filter(|places: &u32| *places > 0).ok_or_else(wrong);
        let points = || value.parse().ok().filter(|points: &f64| points.is_finite()).ok_or_else(wrong);
        Ok(match kind {
            "rank" => Self::Rank { value: places()? },
            "rise" => Self::RankGain { value: places()? },
            "score" => Self::Score { value: points()? },
            "gain" => Self::ScoreGain { value: points()? },
            _ => return Err(wrong()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_kinds_are_read_and_anything_else_is_named_in_the_refusal() {
        let read = |text: &str| text.parse::<TargetKind>();
        assert_eq!(read("rank:20"), Ok(TargetKind::Rank { value: 20 }));
        assert_eq!(read("rise:5"), Ok(TargetKind::RankGain { value: 5 }));
        assert_eq!(read("score:69.5"), Ok(TargetKind::Score { value: 69.5 }));
        assert_eq!(read("gain:-1.5"), Ok(TargetKind::ScoreGain { value: -1.5 }));
        for wrong in ["", "rank", "rank:0", "rank:1.5", "score:nan", "score:", "place:3"] {
            let error = read(wrong).unwrap_err();
            assert!(error.to_string().contains(wrong) && error.vi().contains(wrong), "{error}");
        }
    }
}
