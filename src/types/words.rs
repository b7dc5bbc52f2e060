//! Enumerations that are one lower-case word each in JSON, SQL and prose.

/// Makes an enumeration whose values are words: parsed, written, stored and documented the same everywhere. The contract knows it under
/// its name, or under another one (`pub enum State as "InterestState"`) where several have the same.
#[macro_export]
macro_rules! word_enum {
    (@schema $name:ident) => { stringify!($name) };
    (@schema $name:ident $schema:literal) => { $schema };
    ($(#[$doc:meta])* pub enum $name:ident $(as $schema:literal)? { $($(#[doc = $variant_doc:literal])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum $name {
            $($(#[doc = $variant_doc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value that the word means; refuses others, naming those it knows.
            pub fn parse(word: impl AsRef<str>) -> Result<Self, $crate::types::Refusal> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word.as_ref()).ok_or_else(|| {
                    let known: Vec<_> = Self::ALL.iter().map(|value| value.as_str()).collect();
                    $crate::types::Refusal::new("not_one_of", format!("Use one of: {}.", known.join(", ")))
                })
            }
        }

        // Not derived: utoipa does not see a rename that comes from a macro.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                let words = Self::ALL.iter().map(|value| value.as_str());
                let meanings = [$(concat!("`", $word, "`:", $($variant_doc),*)),+];
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .enum_values(Some(words))
                    .description(Some(meanings.join(" ")))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                $crate::word_enum!(@schema $name $($schema)?).into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                let word = <String as diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg>>::from_sql(bytes)?;
                Self::parse(&word).map_err(|refusal| format!("{word}: {refusal}").into())
            }
        }

        impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for $name {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
                use std::io::Write;
                out.write_all(self.as_str().as_bytes())?;
                Ok(diesel::serialize::IsNull::No)
            }
        }
    };
}
