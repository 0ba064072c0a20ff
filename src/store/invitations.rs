//! Invitations to answer, each for one dossier and used once.
//!
//! # Design
//! A dossier is stored as a keyed hash, a token as a hash. They stand in one row for as long as the token may be used, so that a token that
//! got lost can be made anew. When it is used, in the transaction that stores the response, the row loses everything but the dossier, and
//! the token goes to the used ones: no row leads from a dossier to an answer, or to when it was given.

use diesel::prelude::*;

use super::db::{Db, each_backend};
use super::error::Result;
use super::invitation_tables::{invitation, invitation_spent, response_invited};
use super::tables::{response, wave};

/// An invitation to make.
#[derive(Debug, Clone, Copy)]
pub struct NewInvitation {
    /// The wave that may be answered.
    pub wave_id: i32,
    /// The unit that may be rated.
    pub unit_id: i32,
    /// The keyed hash of the dossier.
    pub dossier_hash: [u8; 32],
    /// The hash of the token.
    pub token_hash: [u8; 32],
    /// Until when, µs UTC; `None`: as long as the wave takes answers.
    pub expires_at: Option<i64>,
}

/// What became of an invitation that was to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is the first of its dossier.
    New,
    /// The dossier had one that was not used: the new token takes the place of that.
    Renewed,
    /// The dossier had one that was used. Nothing is made.
    Used,
}

/// What became of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Redeemed {
    /// It is used now.
    Now,
    /// It was used before.
    Before,
    /// There is none, or it has expired, or it is for another wave or unit.
    Invalid,
}

/// Makes an invitation, unless its dossier has answered by one.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn make(db: &mut Db, new: &NewInvitation) -> Result<Made> {
    db.write(|db| {
        let row = (
            invitation::wave_id.eq(new.wave_id),
            invitation::dossier_hash.eq(new.dossier_hash.to_vec()),
            invitation::unit_id.eq(new.unit_id),
            invitation::token_hash.eq(new.token_hash.to_vec()),
            invitation::expires_at.eq(new.expires_at),
        );
        let made = each_backend!(db, c => diesel::insert_into(invitation::table).values(row)
            .on_conflict((invitation::wave_id, invitation::dossier_hash)).do_nothing().execute(c))?;
        if made == 1 {
            return Ok(Made::New);
        }
        let unused = invitation::table
            .filter(invitation::wave_id.eq(new.wave_id))
            .filter(invitation::dossier_hash.eq(new.dossier_hash.to_vec()))
            .filter(invitation::token_hash.is_not_null());
        let values = (
            invitation::unit_id.eq(new.unit_id),
            invitation::token_hash.eq(new.token_hash.to_vec()),
            invitation::expires_at.eq(new.expires_at),
        );
        let renewed = diesel::update(unused).set(values).execute(db)?;
        Ok(if renewed == 1 { Made::Renewed } else { Made::Used })
    })
}

/// Uses a token for an answer of a wave about a unit, in the transaction that stores the answer.
pub(super) fn redeem(db: &mut Db, token: &[u8; 32], (wave_id, unit_id): (i32, i32), now: i64) -> Result<Redeemed> {
    let valid = invitation::table
        .filter(invitation::token_hash.assume_not_null().eq(token.as_slice()))
        .filter(invitation::token_hash.is_not_null())
        .filter(invitation::wave_id.eq(wave_id))
        .filter(invitation::unit_id.assume_not_null().eq(unit_id))
        .filter(invitation::expires_at.is_null().or(invitation::expires_at.assume_not_null().gt(now)));
    let nothing = (invitation::unit_id.eq(None::<i32>), invitation::token_hash.eq(None::<Vec<u8>>), invitation::expires_at.eq(None::<i64>));
    if diesel::update(valid).set(nothing).execute(db)? == 1 {
        let row = (invitation_spent::token_hash.eq(token.as_slice()), invitation_spent::wave_id.eq(wave_id));
        diesel::insert_into(invitation_spent::table).values(row).execute(db)?;
        return Ok(Redeemed::Now);
    }
    let spent = invitation_spent::table.find(token.as_slice()).filter(invitation_spent::wave_id.eq(wave_id));
    let before: i64 = spent.count().get_result(db)?;
    Ok(if before > 0 { Redeemed::Before } else { Redeemed::Invalid })
}

/// Notes that a response came by an invitation.
pub(super) fn mark(db: &mut Db, seq: i64) -> Result<()> {
    diesel::insert_into(response_invited::table).values(response_invited::response_seq.eq(seq)).execute(db)?;
    Ok(())
}

/// Whether a response came by an invitation.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn is_invited(db: &mut Db, seq: i64) -> Result<bool> {
    let found: i64 = response_invited::table.find(seq).count().get_result(db)?;
    Ok(found > 0)
}

/// The responses of a wave that came by invitations, up to a sequence number, in the order of arrival.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn invited(db: &mut Db, wave_id: i32, until: i64) -> Result<Vec<i64>> {
    let of = response_invited::table.inner_join(response::table).filter(response::wave_id.eq(wave_id)).filter(response::seq.le(until));
    Ok(of.order(response::seq).select(response::seq).load(db)?)
}

/// Forgets the dossiers of waves that closed before an instant, µs UTC.
///
/// # Errors
/// [`StoreError::Database`](super::StoreError::Database).
pub fn forget(db: &mut Db, closed_before: i64) -> Result<usize> {
    let closed = wave::table.filter(wave::closes_at.assume_not_null().lt(closed_before)).filter(wave::closes_at.is_not_null());
    let ids: Vec<i32> = closed.select(wave::id).load(db)?;
    Ok(diesel::delete(invitation::table.filter(invitation::wave_id.eq_any(ids))).execute(db)?)
}
