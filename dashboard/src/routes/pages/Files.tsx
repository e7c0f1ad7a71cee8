/** The pages of files. */

import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FileList } from "@/features/files/FileList";
import { FilePage } from "@/features/files/FilePage";

export function FilesPage() {
  const navigate = useNavigate({ from: "/files" });
  return <FileList filter={useSearch({ from: "/files" })} onFilter={(search) => void navigate({ search, replace: true })} />;
}

export function FileDetail() {
  const { fileId } = useParams({ from: "/files/$fileId" });
  const navigate = useNavigate({ from: "/files/$fileId" });
  return (
    <FilePage
      key={fileId}
      id={fileId}
      choice={useSearch({ from: "/files/$fileId" })}
      onChoice={(choice) => void navigate({ search: choice, replace: true })}
    />
  );
}
