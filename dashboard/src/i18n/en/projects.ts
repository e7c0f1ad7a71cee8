export const projects = {
  project: "Project",
  add: "Add a project",
  addAbout: "A key opens one project. It stays in this tab until you sign out.",
  open: "Open project",
};
