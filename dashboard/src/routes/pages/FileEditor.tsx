/** The page of the dataset editor. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { EditorPage } from "@/features/files/editor/EditorPage";

export function FileEditorPage() {
  const { fileId } = useParams({ from: "/files/$fileId/edit" });
  const { line } = useSearch({ from: "/files/$fileId/edit" });
  const navigate = useNavigate({ from: "/files/$fileId/edit" });
  return (
    <EditorPage
      key={fileId}
      id={fileId}
      line={line}
      onLine={(wanted) => void navigate({ search: { line: wanted }, replace: true, resetScroll: false })}
    />
  );
}
