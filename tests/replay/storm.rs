//! A storm of errors, and the same errors read again.
#![allow(unreachable_pub)]

