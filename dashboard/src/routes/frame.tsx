/** The root route: sign-in, shell, and the pages for unknown addresses and crashes. */

import { createRootRoute, type ErrorComponentProps, Outlet, useRouter } from "@tanstack/react-router";
import { Compass, CircleAlert } from "lucide-react";
import { lazy, useSyncExternalStore } from "react";
import { Button, LinkButton } from "@/components/controls/Button";
import { Card } from "@/components/layout/Card";
import { Page } from "@/components/layout/Page";
import { Empty, Loading } from "@/components/layout/States";
import { LanguageChoice, ThemeChoice } from "@/features/shell/Choices";
import { Shell } from "@/features/shell/Shell";
import { SignIn } from "@/features/signIn/SignIn";
import { messageOf } from "@/api/client";
import { useMessages } from "@/i18n";
import { session } from "@/lib/tab/session";
import { resilient } from "./resilient";

const Notices = lazy(resilient(() => import("@/features/notices/Notices")));
const Palette = lazy(resilient(() => import("@/features/shell/Palette")));

export const root = createRootRoute({ component: Root, notFoundComponent: NotFound, errorComponent: Broken });

function Root() {
  const key = useSyncExternalStore(session.subscribe, session.key);
  if (key === null) {
    return (
      <SignIn
        choices={
          <>
            <LanguageChoice />
            <ThemeChoice />
          </>
        }
      />
    );
  }
  return (
    // Nothing of one project stays on the screen of another one.
    <Shell key={key} palette={Palette} notices={Notices}>
      <Outlet />
    </Shell>
  );
}

function NotFound() {
  const words = useMessages().common;
  return (
    <Page title={words.notFoundTitle}>
      <Empty icon={Compass} title={words.notFoundTitle} actions={<LinkButton to="/">{words.goHome}</LinkButton>}>
        {words.notFoundText}
      </Empty>
    </Page>
  );
}

/** While the code of a page is loaded. */
export function PagePending() {
  const words = useMessages().common;
  return (
    <Page title={words.loading}>
      <Card>
        <Loading />
      </Card>
    </Page>
  );
}

/** In the place of a page that cannot be shown; the navigation stays. */
export function PageBroken({ error, reset }: ErrorComponentProps) {
  const words = useMessages().common;
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <Page title={words.brokenTitle}>
      <Empty
        icon={CircleAlert}
        title={words.brokenTitle}
        actions={
          <>
            <Button kind="primary" onClick={again}>
              {words.tryAgain}
            </Button>
            <Button onClick={() => window.location.reload()}>{words.reload}</Button>
          </>
        }
      >
        {words.pageBrokenText} {messageOf(error)}
      </Empty>
    </Page>
  );
}

function Broken({ error }: ErrorComponentProps) {
  const words = useMessages().common;
  return (
    <Page title={words.brokenTitle}>
      <Empty icon={CircleAlert} title={words.brokenTitle} actions={<LinkButton to="/">{words.goHome}</LinkButton>}>
        {words.brokenText} {messageOf(error)}
      </Empty>
    </Page>
  );
}
