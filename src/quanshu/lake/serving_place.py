"""Where serving tables lie on a PostgreSQL server. The gateway reads this too, so nothing heavy is imported."""

# What a serving table's file is called when it is no file but a table on the server.
ON_SERVER = "pg:"
SCHEMA = "quanshu_serving"
