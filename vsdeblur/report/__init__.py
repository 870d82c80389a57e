"""What commands show of video files. Needs the packages of the extras `video` and `report`."""
