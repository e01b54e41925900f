"""The index of the search says in which form it was written, so that another is made anew."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "site_state", sa.Column("searched_form", sa.Integer(), nullable=False, server_default="0")
    )


def downgrade() -> None:
    op.drop_column("site_state", "searched_form")
    # What was written in another form is compared with what is public once more.
    op.execute("UPDATE site_state SET searched_version = 0")
