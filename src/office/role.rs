//! Who may do what: the one table of permissions.

use crate::words::{Said, named};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

named! {
    /// What a key is for. A key has one role.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
    #[serde(rename_all = "lowercase")]
    pub enum Role {
        /// A kiosk or other unattended device: sends responses, reads nothing that is not public but its own receipts.
        Device = "device",
        /// A fieldworker, or an office that keys in paper forms.
        Collector = "collector",
        /// An agency or department: its own scores, and what is published.
        Agency = "agency",
        /// Defines surveys and waves, watches fieldwork, computes runs.
        Statistician = "statistician",
        /// The second person: approves and publishes.
        Publisher = "publisher",
        /// Reads everything about how figures came about, changes nothing.
        Auditor = "auditor",
        /// Issues and revokes keys, invites persons; has no access to answers.
        Admin = "admin",
    }
}

impl Role {
    /// What people call whoever has it.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Self::Device => Said::new("Thiết bị", "Device"),
            Self::Collector => Said::new("Điều tra viên", "Fieldworker"),
            Self::Agency => Said::new("Cơ quan được đánh giá", "Rated agency"),
            Self::Statistician => Said::new("Cán bộ thống kê", "Statistician"),
            Self::Publisher => Said::new("Người công bố", "Publisher"),
            Self::Auditor => Said::new("Người kiểm tra", "Auditor"),
            Self::Admin => Said::new("Quản trị viên", "Administrator"),
        }
    }

    /// Whether whoever has it decides about something, or sees who does: such a key belongs to a person.
    #[must_use]
    pub fn decides(self) -> bool {
        matches!(self, Self::Statistician | Self::Publisher | Self::Auditor | Self::Admin)
    }

    /// Whether a person may log in as it. A device never does: it joins by a code.
    #[must_use]
    pub fn logs_in(self) -> bool {
        self != Self::Device
    }
}

/// Something that needs permission. What is published (surveys, units, waves, editions and their scores) needs none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Send one response. Without a key this is allowed too, where the wave takes answers from anyone.
    SendResponse,
    /// Invite to answer, each dossier once.
    Invite,
    /// Send many at once.
    SendBatch,
    /// Import records from a file, or key in a paper form; what the file needs of definitions, units and waves is its own permission.
    Import,
    /// Read the receipt of a response; a device or collector only of those it sent.
    ReadReceipt,
    /// Read a response's answers.
    ReadAnswers,
    /// List responses, without their answers.
    ListResponses,
    /// Withdraw a response, or propose to exclude it or to lift its flags, with a reason.
    EndResponse,
    /// Confirm that a response is excluded or that its flags are lifted, as another person proposed.
    ConfirmExclusion,
    /// Check a definition without publishing it.
    CheckDefinition,
    /// Publish a questionnaire or an index definition.
    PublishDefinition,
    /// Add units.
    AddUnits,
    /// Open or change a wave, load its design.
    KeepWave,
    /// Load a table of indicators.
    LoadIndicators,
    /// See how fieldwork goes.
    WatchFieldwork,
    /// See how many answered about its own unit, week by week.
    WatchOwn,
    /// Print the links and codes by which units are rated.
    PrintLinks,
    /// Start, cancel or submit a run.
    Compute,
    /// Approve, publish or withdraw a run.
    Publish,
    /// See runs and their scores before they are published.
    ReadRuns,
    /// See of them what everybody else does not: hidden figures, and all digits.
    ReadHidden,
    /// See the embargoed scores of its own units, where granted.
    ReadOwnEmbargoed,
    /// Read why a unit has its score in a composite index, and what another would take; an agency of its own unit.
    ReadExplanations,
    /// Issue, list and revoke keys; invite persons. What decides is only proposed by it.
    KeepKeys,
    /// Let a kiosk join, which gets a key of its own for one unit.
    EnrolDevice,
    /// Confirm a key or an invitation that another person proposed.
    ConfirmPeople,
    /// See what is proposed.
    ReadProposals,
    /// Read the audit log.
    ReadAudit,
}

impl Action {
    /// The roles that may.
    #[must_use]
    pub fn roles(self) -> &'static [Role] {
        use Role::{Admin, Agency, Auditor, Collector, Device, Publisher, Statistician};
        match self {
            Self::SendResponse | Self::SendBatch => &[Device, Collector],
            Self::Invite => &[Device, Collector, Statistician],
            Self::ReadReceipt => &[Device, Collector, Statistician, Auditor],
            Self::Import => &[Collector, Statistician],
            Self::ReadAnswers | Self::EndResponse | Self::PublishDefinition | Self::KeepWave | Self::LoadIndicators | Self::Compute => {
                &[Statistician]
            }
            Self::ListResponses => &[Statistician, Auditor],
            Self::CheckDefinition | Self::ConfirmExclusion | Self::ReadHidden => &[Statistician, Publisher],
            Self::AddUnits | Self::EnrolDevice => &[Statistician, Admin],
            Self::WatchFieldwork => &[Collector, Statistician, Publisher, Auditor],
            Self::Publish => &[Publisher],
            Self::ReadRuns => &[Statistician, Publisher, Auditor],
            Self::ReadOwnEmbargoed | Self::WatchOwn => &[Agency],
            Self::PrintLinks => &[Collector, Agency, Statistician, Publisher, Auditor],
            Self::ReadExplanations => &[Agency, Statistician, Publisher, Auditor],
            Self::KeepKeys => &[Admin],
            Self::ReadProposals => &[Statistician, Publisher, Auditor, Admin],
            Self::ConfirmPeople | Self::ReadAudit => &[Auditor, Admin],
        }
    }

    /// Whether it can be about one unit, so that one who is bound to a unit does it there. Everything else is about the whole.
    #[must_use]
    pub fn is_of_a_unit(self) -> bool {
        match self {
            Self::SendResponse
            | Self::SendBatch
            | Self::Invite
            | Self::Import
            | Self::ReadReceipt
            | Self::ReadAnswers
            | Self::ListResponses
            | Self::EndResponse
            | Self::ConfirmExclusion
            | Self::ReadProposals
            | Self::CheckDefinition
            | Self::WatchFieldwork
            | Self::WatchOwn
            | Self::PrintLinks
            | Self::ReadRuns
            | Self::ReadOwnEmbargoed
            | Self::ReadExplanations
            | Self::EnrolDevice => true,
            Self::PublishDefinition
            | Self::AddUnits
            | Self::KeepWave
            | Self::LoadIndicators
            | Self::Compute
            | Self::Publish
            | Self::ReadHidden
            | Self::KeepKeys
            | Self::ConfirmPeople
            | Self::ReadAudit => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_roles_are_read_back() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("root"), None);
    }

    #[test]
    fn whoever_computes_does_not_publish_and_who_keeps_keys_sees_no_answers() {
        let may = |action: Action, role| action.roles().contains(&role);
        for role in Role::ALL {
            assert!(!(may(Action::Compute, role) && may(Action::Publish, role)), "{role:?}");
            assert!(!(may(Action::KeepKeys, role) && (may(Action::ReadAnswers, role) || may(Action::ListResponses, role))), "{role:?}");
            // Whoever may list which unit has how many answers, and may not read them, sees no figure of few.
            assert!(!may(Action::ReadHidden, role) || may(Action::ReadAnswers, role) || !may(Action::ListResponses, role), "{role:?}");
        }
    }
}
