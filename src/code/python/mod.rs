//! What a Python file says.
