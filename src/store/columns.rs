//! Columns that become more than bytes and text at the door.

use diesel::backend::Backend;
use diesel::deserialize::{self, Queryable};
use uuid::Uuid;

/// A SHA-256 or other 32-byte value as it is read.
pub struct Bytes32([u8; 32]);

impl<ST, DB: Backend> Queryable<ST, DB> for Bytes32
where
    Vec<u8>: Queryable<ST, DB>,
{
    type Row = <Vec<u8> as Queryable<ST, DB>>::Row;

    fn build(row: Self::Row) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as Queryable<ST, DB>>::build(row)?;
        let n = bytes.len();
        Ok(Self(bytes.try_into().map_err(|_| format!("{n} bytes where a digest has 32"))?))
    }
}

impl From<Bytes32> for [u8; 32] {
    fn from(bytes: Bytes32) -> Self {
        bytes.0
    }
}

/// [`Bytes32`] that may be absent.
pub struct MaybeBytes32(Option<[u8; 32]>);

impl<ST, DB: Backend> Queryable<ST, DB> for MaybeBytes32
where
    Option<Vec<u8>>: Queryable<ST, DB>,
{
    type Row = <Option<Vec<u8>> as Queryable<ST, DB>>::Row;

    fn build(row: Self::Row) -> deserialize::Result<Self> {
        let Some(bytes) = <Option<Vec<u8>> as Queryable<ST, DB>>::build(row)? else { return Ok(Self(None)) };
        let n = bytes.len();
        Ok(Self(Some(bytes.try_into().map_err(|_| format!("{n} bytes where a digest has 32"))?)))
    }
}

impl From<MaybeBytes32> for Option<[u8; 32]> {
    fn from(bytes: MaybeBytes32) -> Self {
        bytes.0
    }
}

/// A UUID that may be absent.
pub struct MaybeUuid(Option<Uuid>);

impl<ST, DB: Backend> Queryable<ST, DB> for MaybeUuid
where
    Option<Vec<u8>>: Queryable<ST, DB>,
{
    type Row = <Option<Vec<u8>> as Queryable<ST, DB>>::Row;

    fn build(row: Self::Row) -> deserialize::Result<Self> {
        let bytes = <Option<Vec<u8>> as Queryable<ST, DB>>::build(row)?;
        Ok(Self(bytes.map(|bytes| Uuid::from_slice(&bytes)).transpose()?))
    }
}

impl From<MaybeUuid> for Option<Uuid> {
    fn from(id: MaybeUuid) -> Self {
        id.0
    }
}

/// A name in a column that is none of those its enum has.
#[derive(Debug, thiserror::Error)]
#[error("{name:?} is no {kind}")]
pub struct UnknownName {
    /// What it should have named.
    pub kind: &'static str,
    pub name: String,
}

/// An enum whose variants are stored under their names, as `CHECK` has them in the migrations: [`named`](crate::words::named), with
/// what diesel needs to read it.
macro_rules! named_enum {
    ($(#[$meta:meta])* $kind:literal $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)+ }) => {
        $crate::words::named! {
            $(#[$meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, diesel::deserialize::FromSqlRow)]
            pub enum $name { $($(#[$of])* $variant = $text,)+ }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::store::UnknownName;

            fn try_from(name: &str) -> Result<Self, Self::Error> {
                Self::parse(name).ok_or_else(|| $crate::store::UnknownName { kind: $kind, name: name.to_owned() })
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(bytes: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let name = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, DB>>::from_sql(bytes)?;
                Ok(Self::try_from(name.as_str())?)
            }
        }
    };
}
pub(super) use named_enum;
