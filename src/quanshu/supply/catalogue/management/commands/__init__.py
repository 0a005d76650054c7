"""Commands of the catalogue for `quanshu manage`."""
