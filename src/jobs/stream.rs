//! Which responses take part in a run and in which cluster, and the record of that: devices and days where nobody was drawn, flagged
//! responses that were left out, how many could have answered.

use std::iter::Peekable;
use std::vec::IntoIter;

use crate::design::{Chain, DesignKind, Wave};
use crate::frame::{DeviceDays, Frame};
use crate::publication::{ChainUsed, ClustersUsed, FlagsUsed, InvitedUsed, LeftOut as NotCounted, Reason, VersionUsed};
use crate::response::service_day;
use crate::schema::InvalidItems;
use crate::store::quality::{self, LeftOut};
use crate::store::runs::Run;
use crate::store::{Db, StoreError, chain, invitations, origins, scan};
use crate::words::encode::hex;

/// The device of each response, by sequence number.
type Devices = Peekable<IntoIter<(i64, Option<i32>)>>;

/// Which rows of a run take part and in which cluster: `take` is given every row in the order of arrival.
pub(super) struct Participation<'a> {
    /// The run whose rows these are.
    pub(super) run: &'a Run,
    left_out: Option<&'a LeftOut>,
    flagged: Peekable<IntoIter<i64>>,
    devices: Option<Devices>,
    invited: Peekable<IntoIter<i64>>,
    by_invitation: i64,
    days: DeviceDays,
    /// Responses that the rule for invalid items dropped.
    pub(super) dropped: i64,
    answers: i64,
    skipped: i64,
    not_judged: i64,
}

impl<'a> Participation<'a> {
    /// Reads what a run of a wave of this kind needs.
    pub(super) fn open(db: &mut Db, run: &'a Run, kind: DesignKind, left_out: Option<&'a LeftOut>) -> Result<Self, StoreError> {
        let flagged = match left_out {
            Some(left_out) => quality::left_out_of(db, run.id, left_out)?,
            None => Vec::new(),
        };
        let devices = match kind {
            DesignKind::DeviceDay => Some(origins::devices(db, run.wave()?, run.high_water())?.into_iter().peekable()),
            DesignKind::Element | DesignKind::Cluster => None,
        };
        let flagged = flagged.into_iter().peekable();
        let invited = invitations::invited(db, run.wave()?, run.high_water().seq)?.into_iter().peekable();
        let days = DeviceDays::default();
        Ok(Self { run, left_out, flagged, devices, invited, by_invitation: 0, days, dropped: 0, answers: 0, skipped: 0, not_judged: 0 })
    }

    /// The cluster of a row, as the frame takes it; `None` where the row is left out.
    pub(super) fn take(&mut self, row: &scan::RowRef<'_>) -> Option<usize> {
        self.answers += 1;
        while self.flagged.next_if(|seq| *seq < row.seq).is_some() {}
        if self.flagged.peek() == Some(&row.seq) {
            self.skipped += 1;
            return None;
        }
        if self.left_out.is_some_and(|left_out| row.seq > left_out.evaluation.high_water_seq) {
            self.not_judged += 1;
        }
        while self.invited.next_if(|seq| *seq < row.seq).is_some() {}
        self.by_invitation += i64::from(self.invited.peek() == Some(&row.seq));
        let Some(devices) = &mut self.devices else { return Some(usize::try_from(row.psu_id.max(1) - 1).unwrap_or(0)) };
        while devices.next_if(|(seq, _)| *seq < row.seq).is_some() {}
        let device = devices.peek().filter(|(seq, _)| *seq == row.seq).and_then(|(_, device)| *device);
        Some(self.days.cluster(device, service_day(row.answered_at.unwrap_or(row.received_at))))
    }

    /// What was left out, for the record.
    pub(super) fn flags(&self) -> Option<FlagsUsed> {
        let left_out = self.left_out?;
        let evaluation = &left_out.evaluation;
        Some(FlagsUsed {
            evaluation: evaluation.version,
            rule_set: VersionUsed {
                code: evaluation.rules_code.clone(),
                version: evaluation.rules_version.clone(),
                sha256: hex(&evaluation.rules_sha256),
            },
            rules: left_out.rules.iter().map(|rule| rule.as_str().to_owned()).collect(),
            left_out: self.skipped,
            not_judged: self.not_judged,
        })
    }

    /// How many of those that took part came by an invitation; nothing where none did.
    pub(super) fn invited(&self, responses: usize) -> Option<InvitedUsed> {
        #[allow(clippy::cast_precision_loss)] // numbers of people
        let share = self.by_invitation as f64 / responses.max(1) as f64;
        (self.by_invitation > 0).then_some(InvitedUsed { responses: self.by_invitation, share })
    }

    /// How many could have answered, as it was said when the run was made, with the answers that there are.
    pub(super) fn chain(&self, db: &mut Db) -> Result<Option<ChainUsed>, StoreError> {
        let Some(said) = chain::latest_at(db, self.run.wave()?, self.run.created_at)? else { return Ok(None) };
        Ok(Some(chain_used(said, self.answers)))
    }
}

/// What arrived and does not count; `None`: all of it does. `dropped` responses were left out by the rule for invalid items.
pub(super) fn left_out(db: &mut Db, run: &Run, rule: InvalidItems, dropped: i64) -> Result<Option<NotCounted>, StoreError> {
    let counted = scan::not_counted(db, run.wave()?, run.high_water())?;
    let left_out = NotCounted {
        invalid_items: rule.as_str().to_owned(),
        invalid: counted.invalid,
        quarantined: counted.quarantined,
        dropped,
        responses: counted.reasons.into_iter().map(|(code, responses)| Reason { item: None, code, responses }).collect(),
        items: counted.items.into_iter().map(|(item, code, responses)| Reason { item: Some(item), code, responses }).collect(),
    };
    Ok(Some(left_out).filter(|left_out| !left_out.is_nothing()))
}

/// A chain with its rates.
#[must_use]
pub fn chain_used(said: chain::ChainVersion, answers: i64) -> ChainUsed {
    // What was stored was checked; a chain that was not would have no rates.
    let rates = Chain::new(said.customers, said.invitations, said.reason.clone()).unwrap_or_default().rates(answers);
    ChainUsed {
        version: said.version,
        customers: said.customers,
        invitations: said.invitations,
        reason: said.reason,
        answers,
        invited: rates.invited,
        answered: rates.answered,
        overall: rates.overall,
    }
}

/// What the intervals of a stream rest on.
pub(super) fn clusters(wave: &Wave, frame: &Frame) -> Option<ClustersUsed> {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let (psus, strata) = (count(frame.strata().psus()), count(frame.strata().strata().len()));
    wave.mode.is_stream().then(|| ClustersUsed { kind: wave.kind.as_str().to_owned(), clusters: psus, strata })
}
