"""The pages as a person meets them: served for real, in headless Chromium."""
