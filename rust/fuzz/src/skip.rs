//! Members that are not kept: of unknown and unwanted events, unknown members, free-form data that is skipped or left as it
//! came. They are checked like those that are kept, and told alike.

use std::cell::OnceCell;

use serde_json::{Value, json};
use vmcodec_core::{Code, Decoder, Failure, Ignore, Kind, check_value};

use crate::common::agreement::agreed;
use crate::common::{Rows, rows};
use crate::seeds::shortest_members;

/// The value of a member, between what stands before and behind it; and options under which it is not kept, and others.
struct Place {
    before: String,
    behind: String,
    decoders: Vec<Decoder>,
}

struct Places {
    rows: Rows,
    places: Vec<Place>,
}

thread_local! {
    static PLACES: OnceCell<Places> = const { OnceCell::new() };
}

/// Takes a place and options, in one byte, and a value.
pub fn run(data: &[u8]) {
    let Some((&place, value)) = data.split_first() else {
        return;
    };
    PLACES.with(|cell| {
        let Places { rows, places } = cell.get_or_init(places);
        let (number, place) = (
            usize::from(place) / places.len(),
            &places[usize::from(place) % places.len()],
        );
        let decoder = &place.decoders[number % place.decoders.len()];
        check(rows, place, decoder, value);
    });
}

fn check(rows: &Rows, place: &Place, decoder: &Decoder, value: &[u8]) {
    let record = [place.before.as_bytes(), value, place.behind.as_bytes()].concat();
    let (found, _) = agreed(rows, decoder, &record);
    let ignored = decoder.decode(&mut decoder.memory(), &record, &mut Ignore);
    assert_eq!(ignored, found);
    let told = match &found {
        Err(Failure::Fault(fault)) => Some((fault.code, fault.offset)),
        _ => None,
    };
    // The deepest place is in three containers.
    match check_value(value, 125) {
        Ok(()) => assert_eq!(told, None, "{}", record.escape_ascii()),
        // What stands behind the value makes another fault of these.
        Err(fault)
            if matches!(
                fault.code,
                Code::Truncated | Code::TrailingData | Code::TooDeep
            ) => {}
        Err(fault) => {
            let expected = (fault.code, place.before.len() + fault.offset);
            assert_eq!(told, Some(expected), "{}", record.escape_ascii());
        }
    }
}

fn places() -> Places {
    let rows = rows();
    let id = &rows.id;
    let unwanted = json!({"only": [rows.events[0].ids[0]]});
    let drop = json!({"extra": "ignore"});
    let mut found = Vec::new();
    let mut place = |before: String, behind: String, options: &[&Value]| {
        let decoders = options.iter().map(|options| rows.decoder(options));
        found.push(Place {
            before,
            behind,
            decoders: decoders.collect(),
        });
    };
    let all = [&Value::Null, &drop, &unwanted];
    place(format!("{{{id:?}:\"?\",\"v\":"), "}".to_owned(), &all);
    place("{\"v\":".to_owned(), format!(",{id:?}:\"?\"}}"), &all);
    // The shortest message of an event that may have free-form data.
    let (row, name) = rows
        .events
        .iter()
        .skip(1)
        .find_map(|row| {
            let mut fields = row.fields.iter();
            let field = fields.find(|field| field.kind == Kind::KvList && !field.required)?;
            Some((row, &field.names[0]))
        })
        .expect("there is such an event");
    let members = shortest_members(&row.ids[0]);
    let (lazy, skipped) = (json!({"kv_lists": "lazy"}), json!({"kv_lists": "skip"}));
    let free = [&Value::Null, &lazy, &skipped, &unwanted];
    place(format!("{{{members},\"?\":"), "}".to_owned(), &all);
    place("{\"?\":".to_owned(), format!(",{members}}}"), &all);
    place(
        format!("{{{members},{name:?}:{{\"k\":"),
        "}}".to_owned(),
        &free,
    );
    place(
        format!("{{{name:?}:{{\"k\":"),
        format!("}},{members}}}"),
        &free,
    );
    place(
        format!("{{{members},{name:?}:{{\"\":[{{}},"),
        "]}}".to_owned(),
        &free,
    );
    Places {
        places: found,
        rows,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_fault_about_as_deep_as_values_may_be() {
        for depth in 123..130 {
            for place in 0..=u8::MAX {
                let value = "[".repeat(depth) + "?";
                super::run(&[&[place], value.as_bytes()].concat());
            }
        }
    }
}
