/** Where the course lies in Python's file system: its modules look for their files there. */
export const FOLDER = "/course";
