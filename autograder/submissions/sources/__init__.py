"""What a submission may be handed in as: a folder, an archive, loose files or a commit."""
