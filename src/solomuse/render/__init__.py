"""Lead sheets to sound and sight: backing band, piano roll."""
