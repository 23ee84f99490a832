//! Unwraps Pub/Sub envelopes: a log entry in base64 inside `message.data`.
//! Leaves out attributes; they describe the delivery, not the entry.

use super::Object;
use super::json_access::{object, text};
use super::json_object::keys;

/// Returns the decoded data of an envelope, or `None` when the object is none.
pub(crate) fn data(envelope: &Object) -> Option<Vec<u8>> {
    let message = object(envelope, keys!["message"])?;
    let known = ["messageId", "message_id", "attributes", "publishTime", "publish_time"]
        .iter()
        .any(|key| message.contains_key(key));
    if !envelope.contains_key("subscription") && !envelope.contains_key("ackId") && !known {
        return None;
    }
    decode(text(message, keys!["data"])?)
}

/// Decodes standard or URL-safe base64, with or without padding, blanks ignored.
fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut held, mut bits) = (0_u32, 0);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            b'\n' | b'\r' | b' ' => continue,
            _ => return None,
        };
        held = (held << 6 | u32::from(value)) & 0x00ff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn base64() {
        let check = |text: &str, expect: Option<&[u8]>| assert_eq!(decode(text).as_deref(), expect, "{text}");
        check("aGVsbG8=", Some(b"hello"));
        check("aGVsbG8", Some(b"hello"));
        check("-_8=", Some(&[0xfb, 0xff]));
        check("", Some(b""));
        check("a*b", None);
    }
}
