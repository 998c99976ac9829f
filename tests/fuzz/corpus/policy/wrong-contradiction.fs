allow read when fd == 1 and fd == 2
