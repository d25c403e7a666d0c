"""Who we are measured against: each opponent is a module that serves the same views its own way.

An opponent says what it needs (`REQUIREMENTS`, distributions by name) and serves the work on a database
(`serve(url)`). `work` holds the views, `ours` the application with `config.include("myapp.db")`.
"""
