//! JSON that keeps its order and can be changed in one place.

use std::fmt;

use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// A JSON value; objects keep the order of the file.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The way from a block to one of its leaves.
#[derive(Clone, Debug)]
pub struct LeafPath(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Index(usize),
}

impl Json {
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// This value in another form.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, String> {
        serde_json::from_str(&self.to_string()).map_err(|error| error.to_string())
    }

    /// The same without what says that there is nothing, in objects.
    pub fn without_nulls(&self) -> Self {
        match self {
            Self::Object(pairs) => {
                let pairs = pairs.iter().filter(|(_, value)| *value != Self::Null);
                Self::Object(pairs.map(|(name, value)| (name.clone(), value.without_nulls())).collect())
            }
            Self::List(values) => Self::List(values.iter().map(Self::without_nulls).collect()),
            other => other.clone(),
        }
    }

    /// The value at `a.b.c`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |here, key| match here {
            Self::Object(pairs) => pairs.iter().find_map(|(name, value)| (name == key).then_some(value)),
            Self::List(values) => values.get(key.parse::<usize>().ok()?),
            _ => None,
        })
    }

    /// Names of an object's values.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Object(pairs) => pairs.iter().map(|(name, _)| name.as_str()).collect(),
            _ => vec![],
        }
    }

    /// The ways to all strings, numbers, bools and nulls.
    pub fn leaves(&self) -> Vec<LeafPath> {
        let mut found = Vec::new();
        self.walk(&mut vec![], &mut found);
        found
    }

    fn walk(&self, way: &mut Vec<Step>, found: &mut Vec<LeafPath>) {
        let children: Vec<(Step, &Self)> = match self {
            Self::Object(pairs) => pairs.iter().map(|(name, value)| (Step::Key(name.clone()), value)).collect(),
            Self::List(values) => values.iter().enumerate().map(|(at, value)| (Step::Index(at), value)).collect(),
            _ => return found.push(LeafPath(way.clone())),
        };
        for (step, child) in children {
            way.push(step);
            child.walk(way, found);
            way.pop();
        }
    }

    pub fn leaf(&self, path: &LeafPath) -> &Self {
        path.0.iter().fold(self, |here, step| match (here, step) {
            (Self::Object(pairs), Step::Key(key)) => &pairs.iter().find(|(name, _)| name == key).expect("a way").1,
            (Self::List(values), Step::Index(at)) => &values[*at],
            _ => unreachable!("a way leads through objects and lists"),
        })
    }

    pub fn leaf_mut(&mut self, path: &LeafPath) -> &mut Self {
        path.0.iter().fold(self, |here, step| match (here, step) {
            (Self::Object(pairs), Step::Key(key)) => {
                &mut pairs.iter_mut().find(|(name, _)| name == key).expect("a way").1
            }
            (Self::List(values), Step::Index(at)) => &mut values[*at],
            _ => unreachable!("a way leads through objects and lists"),
        })
    }

    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// Changes one digit or letter of this leaf; in a text the one at `position`.
    pub fn change(&mut self, position: usize) {
        match self {
            Self::Null => *self = Self::Number(1.into()),
            Self::Bool(yes) => *yes = !*yes,
            Self::Number(number) => {
                let text = number.to_string();
                let (rest, last) = text.split_at(text.len() - 1);
                let digit = neighbour(last.chars().next().expect("a number has a digit"));
                *number = serde_json::from_str(&format!("{rest}{digit}")).expect("still a number");
            }
            Self::Text(text) => {
                let old = text[position..].chars().next().expect("a place in the text");
                text.replace_range(position..position + old.len_utf8(), &neighbour(old).to_string());
            }
            Self::List(_) | Self::Object(_) => unreachable!("not a leaf"),
        }
    }
}

/// Another character of the same kind; a hex digit stays one.
fn neighbour(c: char) -> char {
    match c {
        '9' | 'f' | 'F' | 'z' | 'Z' => char::from(c as u8 - 1),
        '0'..='8' | 'a'..='y' | 'A'..='Y' => char::from(c as u8 + 1),
        other => panic!("{other:?} has no neighbour"),
    }
}

impl LeafPath {
    /// The last key on the way: items of a list have the list's name.
    pub fn name(&self) -> String {
        let keys = self.0.iter().rev().filter_map(|step| if let Step::Key(key) = step { Some(key) } else { None });
        keys.map(String::clone).next().unwrap_or_default()
    }
}

impl fmt::Display for LeafPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.0.iter().map(|step| match step {
            Step::Key(key) => key.clone(),
            Step::Index(at) => at.to_string(),
        });
        f.write_str(&steps.collect::<Vec<_>>().join("."))
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |text: &str| serde_json::to_string(text).expect("a text is JSON");
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(yes) => write!(f, "{yes}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(value) => f.write_str(&text(value)),
            Self::List(values) => {
                let values: Vec<String> = values.iter().map(Self::to_string).collect();
                write!(f, "[{}]", values.join(","))
            }
            Self::Object(pairs) => {
                let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}:{value}", text(name))).collect();
                write!(f, "{{{}}}", pairs.join(","))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Json;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, yes: bool) -> Result<Json, E> {
                Ok(Json::Bool(yes))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
                Ok(Json::Number(number.into()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
                Ok(Json::Number(number.into()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
                Ok(serde_json::Number::from_f64(number).map_or(Json::Null, Json::Number))
            }
            fn visit_str<E>(self, text: &str) -> Result<Json, E> {
                Ok(Json::Text(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = seq.next_element()? {
                    values.push(value);
                }
                Ok(Json::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Json::Object(pairs))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
