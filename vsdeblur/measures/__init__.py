"""What a picture or a clip is like in numbers. Needs the packages of the extra `report`."""
