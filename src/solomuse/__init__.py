"""SoloMuse."""
