//! Records that a program made up for a demonstration, each known by its respondent.

use rayon::prelude::*;
use uuid::Uuid;

use super::identity::{Decided, Fate, Identity, Key, Records};
use super::submit;
use crate::jobs::load::{Survey, WaveInField};
use crate::office::intake::{self, Intake, Ready};
use crate::office::{Act, Action, Actor, Code, Office, Refusal};
use crate::store::imports::{self, NewBatch};
use crate::store::writer::Writer;
use crate::unit::Registry;

/// Where made-up records go.
#[derive(Clone, Copy)]
pub struct Made<'a> {
    pub office: &'a Office,
    /// Who makes them up.
    pub actor: &'a Actor,
    pub writer: &'a Writer,
    /// The wave, which says that its respondents are made up.
    pub field: &'a WaveInField,
    /// The questionnaire.
    pub survey: &'a Survey,
    /// Every unit.
    pub units: &'a Registry,
}

impl Made<'_> {
    /// Takes in a block of respondents with the bytes of their submissions, unless they are there.
    ///
    /// # Errors
    /// `wrong-state` for a wave of real people; whatever keeps a submission from being stored.
    pub fn take(&self, people: &[(String, Vec<u8>)]) -> Result<(), Refusal> {
        if !self.field.wave.synthetic {
            return Err(Refusal::new(Code::WrongState));
        }
        let decided = self.office.act(self.actor, |act| self.decide(act, people))?;
        let now = self.office.now();
        let Self { actor, field, survey, units, .. } = *self;
        let intake = Intake { actor, field, survey, units, secret: self.office.store().secret(), now, keep_invalid: true };
        let judge = |decided: Decided| -> Result<Ready, Refusal> {
            let sent = intake::read(decided.id, decided.body)?;
            let place = intake.locate(&sent.submission)?;
            Ok(intake.judge(sent, place)?.of_file(None))
        };
        let ready: Vec<_> = decided.into_par_iter().map(judge).collect();
        let waiting = ready.into_iter().map(|ready| submit(self.writer, &ready?)).collect::<Result<Vec<_>, _>>()?;
        for pending in waiting {
            let answer = pending.blocking_recv().map_err(|_| super::stopped())?;
            intake::answered(answer, Vec::new())?;
        }
        Ok(())
    }

    /// Those of the respondents who are not there yet.
    fn decide(&self, act: &mut Act<'_>, people: &[(String, Vec<u8>)]) -> Result<Vec<Decided>, Refusal> {
        act.may(Action::Import)?;
        let secret = *act.secret;
        let wave = &self.field.wave;
        let (by, now) = (act.actor.name(), act.now);
        let new = NewBatch { wave_id: wave.id, name: "synthetic", created_by: &by, created_at: now };
        let (batch, _) = imports::batch(act.db, &new)?;
        let key = |person: &String| Key {
            identity: Identity::Respondent,
            hash: secret.keyed(&[b"respondent", person.as_bytes()]),
            before: vec![person.clone()],
        };
        let keys: Vec<Key> = people.iter().map(|(person, _)| key(person)).collect();
        let mut records = Records::look_up(act.db, (wave.id, &wave.code), &secret, false, &keys)?;
        let mut decided = Vec::new();
        for ((_, body), key) in people.iter().zip(&keys) {
            let one = records.decide(act.db, key, &|_: Option<Uuid>| body.clone())?;
            if one.fate == Fate::New {
                decided.push(one);
            }
        }
        imports::remember(act.db, wave.id, batch, &records.new)?;
        act.note("import.start", &wave.code, &format!("{} made-up respondents", people.len()))?;
        Ok(decided)
    }
}
