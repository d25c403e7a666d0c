"""The project's own developer tools; nothing here is installed with the application."""
