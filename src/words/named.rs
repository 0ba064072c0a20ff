//! Names on the wire: one macro for every enum that files, JSON and tables know by names.

/// An enum whose variants have names: `ALL` and `NAMES` in their order, `as_str`, `parse`, `Display`.
macro_rules! named {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$of:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        $vis enum $name { $($(#[$of])* $variant,)+ }

        impl $name {
            /// All of them, in their order.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];
            /// Their names, in the same order.
            pub const NAMES: [&'static str; [$($text),+].len()] = [$($text),+];

            /// The name, as files, tables and answers have it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The one of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name {
                    $($text => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use named;

#[cfg(test)]
mod tests {
    named! {
        /// Something.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        enum Fruit {
            /// One.
            Apple = "apple",
            /// Another.
            DragonFruit = "dragon_fruit",
        }
    }

    #[test]
    fn names_are_read_back_in_their_order() {
        assert_eq!(Fruit::ALL.map(Fruit::as_str), Fruit::NAMES);
        assert!(Fruit::ALL.into_iter().all(|fruit| Fruit::parse(fruit.as_str()) == Some(fruit)));
        assert_eq!((Fruit::parse("Apple"), Fruit::DragonFruit.to_string()), (None, "dragon_fruit".to_owned()));
    }
}
