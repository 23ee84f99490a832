//! Reads the trees that the build script makes of our pattern files, since parsing TOML at every start costs more than
//! a small log. Leaves out writing them: `build.rs` does, in this form.
//!
//! A node is a kind, the bytes of the file at which it stands (start and length), and its content: a string is a
//! length and its bytes, an integer its zigzag code, a table the number of its keys and then key and node in turn.
//! Numbers are written in sevens of bits, lowest first.

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_spanned::de::{SpannedDeserializer, is_spanned};

/// Reads a tree into `T`.
pub(crate) fn read<T: DeserializeOwned>(tree: &[u8]) -> Result<T, Error> {
    T::deserialize(&mut Tree { rest: tree })
}

/// What of a tree is not read yet.
struct Tree<'de> {
    rest: &'de [u8],
}

impl<'de> Tree<'de> {
    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.rest.split_first().ok_or_else(ends)?;
        self.rest = rest;
        Ok(*first)
    }

    fn number(&mut self) -> Result<u64, Error> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift += 7;
            if byte < 0x80 {
                return Ok(number);
            }
        }
    }

    fn length(&mut self) -> Result<usize, Error> {
        self.number().map(|number| number as usize)
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        let length = self.length()?;
        let (text, rest) = self.rest.split_at_checked(length).ok_or_else(ends)?;
        self.rest = rest;
        std::str::from_utf8(text).map_err(Error::custom)
    }

    /// Reads what stands before the content of a node: its kind and its place in the file.
    fn head(&mut self) -> Result<(u8, std::ops::Range<usize>), Error> {
        let (kind, start, length) = (self.byte()?, self.length()?, self.length()?);
        Ok((kind, start..start + length))
    }

    fn content<V: Visitor<'de>>(&mut self, kind: u8, visitor: V) -> Result<V::Value, Error> {
        match kind {
            b's' => visitor.visit_borrowed_str(self.text()?),
            b'i' => {
                let code = self.number()?;
                visitor.visit_i64((code >> 1) as i64 ^ -((code & 1) as i64))
            }
            b'b' => visitor.visit_bool(self.byte()? == 1),
            b'a' => {
                let left = self.length()?;
                visitor.visit_seq(Items { tree: self, left })
            }
            b't' => {
                let left = self.length()?;
                visitor.visit_map(Items { tree: self, left })
            }
            _ => Err(Error::custom("unknown kind of node")),
        }
    }
}

fn ends() -> Error {
    Error::custom("the tree ends early")
}

impl<'de> Deserializer<'de> for &mut Tree<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let (kind, _) = self.head()?;
        self.content(kind, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (kind, span) = self.head()?;
        if is_spanned(name) {
            return visitor.visit_map(SpannedDeserializer::new(Content { tree: self, kind }, span));
        }
        self.content(kind, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.head()?;
        visitor.visit_enum(Word(self.text()?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// The members of an array or a table.
struct Items<'t, 'de> {
    tree: &'t mut Tree<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.tree).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let key: StrDeserializer<'_, Error> = self.tree.text()?.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut *self.tree)
    }
}

/// A node whose head is read.
struct Content<'t, 'de> {
    tree: &'t mut Tree<'de>,
    kind: u8,
}

impl<'t, 'de> IntoDeserializer<'de, Error> for Content<'t, 'de> {
    type Deserializer = Content<'t, 'de>;

    fn into_deserializer(self) -> Content<'t, 'de> {
        self
    }
}

impl<'de> Deserializer<'de> for Content<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.tree.content(self.kind, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(Word(self.tree.text()?))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any option newtype_struct
    }
}

/// The name of a variant without content; others do not occur.
struct Word<'de>(&'de str);

impl<'de> EnumAccess<'de> for Word<'de> {
    type Error = Error;
    type Variant = Word<'de>;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Word<'de>), Error> {
        let name: StrDeserializer<'_, Error> = self.0.into_deserializer();
        seed.deserialize(name).map(|value| (value, self))
    }
}

impl<'de> VariantAccess<'de> for Word<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _: T) -> Result<T::Value, Error> {
        Err(Error::custom("a variant with content"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("a variant with content"))
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &'static [&'static str], _: V) -> Result<V::Value, Error> {
        Err(Error::custom("a variant with content"))
    }
}
