"""What was sampled reaches the database, whatever happens to program, database and disk. Each module is a kind of trouble."""
