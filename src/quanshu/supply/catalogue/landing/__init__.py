"""Landing: exceptions for specially sensitive data, agreed by the bureau, and entries that hang."""
