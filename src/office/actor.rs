//! Who acts: the holder of a key, the operator of this machine, or anyone.

use std::sync::Arc;

use super::{Action, Code, Refusal, Role};

/// As what somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The holder of a key, in the key's role.
    Role(Role),
    /// The operator of this machine, at its command line: whoever can open the database can do everything to it. What takes two
    /// persons takes two for an operator too.
    Operator,
}

/// What the name of an operator begins with. A key's name ends with its number and a session's with its person's, so that no other
/// holder has such a name.
pub const OPERATOR: &str = "cli:";

/// Whether a name in the record is an operator's.
#[must_use]
pub fn is_operator(name: &str) -> bool {
    name.starts_with(OPERATOR) && !name.contains(['#', '@'])
}

/// The person that somebody is, whatever key or session they act by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The person's number.
    pub id: i32,
    /// What people call them.
    pub name: String,
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The number of the key; none of an operator.
    pub key: Option<i32>,
    /// What people call the key, or the operator's account.
    pub name: String,
    /// As what.
    pub standing: Standing,
    /// The unit that the key is bound to, by registry number: that unit and all below it.
    pub unit: Option<i32>,
    /// The person; none of a device, a service or an operator.
    pub person: Option<Whose>,
}

impl Holder {
    /// The name in the audit log and as the author of runs. A key's is unique, since it has the key's number; that of a session has its
    /// person's.
    #[must_use]
    pub fn actor(&self) -> String {
        match (self.key, &self.person) {
            (Some(key), _) => format!("{}#{key}", self.name),
            (None, Some(person)) => format!("{}@{}", self.name, person.id),
            (None, None) => self.name.clone(),
        }
    }

    /// The number of the person.
    #[must_use]
    pub fn person(&self) -> Option<i32> {
        self.person.as_ref().map(|person| person.id)
    }

    /// Whether this is the one who did something, by the name in the record and the person that it was. All operators of a machine count
    /// as one person, since whoever runs it can take any account on it.
    #[must_use]
    pub fn is_same(&self, by: &str, person: Option<i32>) -> bool {
        let operators = self.standing == Standing::Operator && is_operator(by);
        operators || self.actor() == by || (person.is_some() && person == self.person())
    }

    /// Whether the table of permissions lets this one. Who is bound to a unit does a unit's work alone.
    #[must_use]
    pub fn can(&self, action: Action) -> bool {
        self.role_can(action) && (self.unit.is_none() || action.is_of_a_unit())
    }

    fn role_can(&self, action: Action) -> bool {
        match self.standing {
            Standing::Role(role) => action.roles().contains(&role),
            Standing::Operator => true,
        }
    }
}

/// Who asks: somebody known, or anyone.
#[derive(Debug, Clone, Default)]
pub struct Actor(Option<Arc<Holder>>);

impl Actor {
    /// Anyone: the public, a phone that scanned a code.
    #[must_use]
    pub fn anyone() -> Self {
        Self(None)
    }

    /// Somebody who is known.
    #[must_use]
    pub fn known(holder: Arc<Holder>) -> Self {
        Self(Some(holder))
    }

    /// The operator of this machine, by the name of the account.
    #[must_use]
    pub fn operator(account: &str) -> Self {
        let name = format!("{OPERATOR}{account}");
        Self(Some(Arc::new(Holder { key: None, name, standing: Standing::Operator, unit: None, person: None })))
    }

    /// The one who is known, if any.
    #[must_use]
    pub fn holder(&self) -> Option<&Holder> {
        self.0.as_deref()
    }

    /// The role of the key; none of an operator, or of anyone.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match self.holder()?.standing {
            Standing::Role(role) => Some(role),
            Standing::Operator => None,
        }
    }

    /// The unit that the actor is bound to.
    #[must_use]
    pub fn unit(&self) -> Option<i32> {
        self.holder().and_then(|holder| holder.unit)
    }

    /// Whether the table of permissions lets this actor.
    #[must_use]
    pub fn can(&self, action: Action) -> bool {
        self.holder().is_some_and(|holder| holder.can(action))
    }

    /// The one who may.
    ///
    /// # Errors
    /// `unauthenticated` for anyone, `forbidden` for one whose role may not, `unit-forbidden` for one who is bound to a unit where the act
    /// is about more than a unit.
    pub fn may(&self, action: Action) -> Result<&Holder, Refusal> {
        let holder = self.holder().ok_or_else(|| Refusal::new(Code::Unauthenticated))?;
        match (holder.can(action), holder.role_can(action)) {
            (true, _) => Ok(holder),
            (false, true) => Err(Refusal::new(Code::UnitForbidden)),
            (false, false) => Err(Refusal::new(Code::Forbidden)),
        }
    }

    /// The name in the audit log and as the author of runs.
    #[must_use]
    pub fn name(&self) -> String {
        self.holder().map_or_else(|| "anonymous".to_owned(), Holder::actor)
    }

    /// The role as the audit log has it: a key's role, `operator` or `anonymous`.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        match self.holder().map(|holder| holder.standing) {
            Some(Standing::Role(role)) => role.as_str(),
            Some(Standing::Operator) => "operator",
            None => "anonymous",
        }
    }
}
