"""Identity fusion."""
